#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flatlan {

/// Two small hexadecimal digits for each octet.
std::string hex_of(std::span<const std::byte> octets);

/// What hex_of has made the text of; nothing where it is none, large digits included.
std::optional<std::vector<std::byte>> octets_from_hex(std::string_view text);

}  // namespace flatlan
