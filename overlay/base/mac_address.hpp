#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "overlay/base/result.hpp"

namespace flatlan {

/// An Ethernet address (EUI-48).
class MacAddress {
public:
    static constexpr std::size_t kSizeBytes = 6;

    constexpr MacAddress() = default;
    explicit constexpr MacAddress(std::array<std::byte, kSizeBytes> octets) : octets_{octets} {}
    /// Six groups of two hexadecimal digits with colons between. Error: invalid_argument.
    static Result<MacAddress> from_text(std::string_view text);
    /// A unicast, locally administered address (IEEE 802, second bit of the first octet) made of
    /// the low 46 bits of `seed`: the same seed gives the same address.
    static MacAddress local_from(std::uint64_t seed);

    /// In the order in which they stand on the wire.
    constexpr const std::array<std::byte, kSizeBytes>& octets() const { return octets_; }
    constexpr bool is_multicast() const { return (octets_[0] & std::byte{1}) != std::byte{0}; }

    friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;

private:
    std::array<std::byte, kSizeBytes> octets_{};
};

/// "02:42:0a:f4:00:01".
std::string to_string(const MacAddress& address);

}  // namespace flatlan
