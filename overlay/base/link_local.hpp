#pragma once

#include <cstddef>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"

namespace flatlan {

/// The link-local address whose interface identifier is the modified EUI-64 of a MAC address: the
/// universal/local bit inverted, ff:fe in the middle (RFC 4291, section 2.5.6 and appendix A).
/// Different MAC addresses give different link-local addresses.
constexpr Ipv6Address link_local_from(const MacAddress& mac) {
    constexpr std::uint64_t kLinkLocalHigh = 0xfe80'0000'0000'0000;
    constexpr std::uint64_t kUniversalBit = 0x0200'0000'0000'0000;
    std::uint64_t identifier = 0;
    for (std::size_t i = 0; i < MacAddress::kSizeBytes; ++i) {
        if (i == MacAddress::kSizeBytes / 2) identifier = (identifier << 16U) | 0xfffe;
        identifier = (identifier << 8U) | std::to_integer<std::uint64_t>(mac.octets()[i]);
    }
    return Ipv6Address::from_halves(kLinkLocalHigh, identifier ^ kUniversalBit);
}

}  // namespace flatlan
