#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "overlay/base/bytes.hpp"
#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"

namespace flatlan::tunnel {

/// Takes the next `Count` octets; zeros when there are fewer (and then `in` is truncated).
template <std::size_t Count>
constexpr std::array<std::byte, Count> read_octets(ByteReader& in) {
    std::array<std::byte, Count> octets{};
    const auto taken = in.take(Count);
    std::copy(taken.begin(), taken.end(), octets.begin());
    return octets;
}

constexpr MacAddress read_mac(ByteReader& in) {
    return MacAddress{read_octets<MacAddress::kSizeBytes>(in)};
}
constexpr Ipv4Address read_ipv4(ByteReader& in) { return Ipv4Address{in.u32()}; }
constexpr Ipv6Address read_ipv6(ByteReader& in) {
    const std::uint64_t high = in.u64();
    return Ipv6Address::from_halves(high, in.u64());
}

}  // namespace flatlan::tunnel
