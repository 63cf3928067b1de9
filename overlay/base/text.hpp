#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Text that comes from outside and goes into messages.
namespace flatlan {

/// The octet at which the text stops being UTF-8 (RFC 3629: no overlong form, no surrogate, nothing
/// above U+10FFFF); empty when all of it is.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// The text as a terminal and its reader take it for what it is: the octets of control characters
/// (C0, DEL, C1), of what ends a line or turns the direction of writing around (U+200E, U+200F,
/// U+2028 to U+202E, U+2066 to U+2069), and those that are no UTF-8 are written \xNN.
std::string for_terminal(std::string_view text);

/// The same in single quotation marks, cut with "..." after `size_max` octets (never within a
/// character).
std::string quoted(std::string_view text, std::size_t size_max = 64);

/// The text as one word of a POSIX shell: as it stands where a shell takes every letter of it for
/// itself, else in single quotation marks.
std::string shell_word(std::string_view text);

/// The candidate that `word` was probably meant to be: the one with the fewest slips (a letter too
/// many, missing, wrong, or two swapped; upper and lower case are one), if they are at most a third
/// of the longer word's letters. Of several the first.
std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> candidates);

}  // namespace flatlan
