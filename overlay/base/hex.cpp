#include "overlay/base/hex.hpp"

#include <cstdint>

namespace flatlan {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string hex_of(std::span<const std::byte> octets) {
    std::string text;
    text.reserve(2 * octets.size());
    for (const std::byte octet : octets) {
        const auto value = std::to_integer<std::size_t>(octet);
        text += kDigits[value >> 4U];
        text += kDigits[value & 0xfU];
    }
    return text;
}

std::optional<std::vector<std::byte>> octets_from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::vector<std::byte> octets;
    octets.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::size_t high = kDigits.find(text[i]);
        const std::size_t low = kDigits.find(text[i + 1]);
        if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
        octets.push_back(static_cast<std::byte>(high << 4U | low));
    }
    return octets;
}

}  // namespace flatlan
