#include "overlay/base/mac_address.hpp"

#include <charconv>

namespace flatlan {
namespace {

constexpr std::size_t kTextSize = 17;
constexpr std::size_t kGroupSize = 3;  // two digits and a colon

}  // namespace

Result<MacAddress> MacAddress::from_text(std::string_view text) {
    const auto not_a_mac = [&] {
        return Error{ErrorCode::invalid_argument, "'" + std::string{text} + "' is no MAC address"}
            .expecting("six octets, such as 02:42:0a:f4:00:01");
    };
    if (text.size() != kTextSize) return not_a_mac();
    std::array<std::byte, kSizeBytes> octets{};
    for (std::size_t i = 0; i < kSizeBytes; ++i) {
        const std::string_view group = text.substr(i * kGroupSize, 2);
        std::uint8_t octet = 0;
        const auto [end, failed] = std::from_chars(group.data(), group.data() + 2, octet, 16);
        const bool colon = i + 1 == kSizeBytes || text[i * kGroupSize + 2] == ':';
        if (failed != std::errc{} || end != group.data() + 2 || !colon) return not_a_mac();
        octets[i] = std::byte{octet};
    }
    return MacAddress{octets};
}

MacAddress MacAddress::local_from(std::uint64_t seed) {
    std::array<std::byte, kSizeBytes> octets{};
    for (std::size_t i = 0; i < kSizeBytes; ++i)
        octets[kSizeBytes - 1 - i] = static_cast<std::byte>(seed >> (8U * i));
    octets[0] = (octets[0] & std::byte{0xfc}) | std::byte{0x02};
    return MacAddress{octets};
}

std::string to_string(const MacAddress& address) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(kTextSize);
    for (const std::byte octet : address.octets()) {
        if (!text.empty()) text += ':';
        text += kDigits[std::to_integer<std::size_t>(octet >> 4U)];
        text += kDigits[std::to_integer<std::size_t>(octet & std::byte{0xf})];
    }
    return text;
}

}  // namespace flatlan
