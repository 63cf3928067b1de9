#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flatlan {

/// How many letters one word is away from another: the least number of letters put in, left out,
/// changed or swapped with a neighbour (the restricted Damerau-Levenshtein distance).
std::size_t edit_distance(std::string_view from, std::string_view to);

/// Those of `candidates` that someone who typed `word` may have meant: all that begin with it, else
/// those the fewest letters away. Of these come first those that begin alike for longest, then
/// those with the nearest numbers ("pod-98" for "pod-99"), and at most `count_max`. None that
/// differs in more than a third of the word's letters, or in more than one of a short word's.
std::vector<std::string> nearest(std::string_view word, std::span<const std::string> candidates,
                                 std::size_t count_max = 3);

/// "web", "web or web-2", "web, web-2 or web-3".
std::string join_alternatives(std::span<const std::string> words);

}  // namespace flatlan
