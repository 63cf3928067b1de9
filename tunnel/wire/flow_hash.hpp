#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "overlay/base/network_values.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"

namespace flatlan::tunnel {

/// Numbers the flow of an IP packet: equal for all packets of one flow, so that they keep their
/// order on every path that the underlay may choose, and well spread over different flows.
///
/// Addresses, protocol and, for TCP and UDP, both ports count. Of a fragment the ports do not: only
/// the first one has them, and all have to take one path. The IPv6 flow label is left out, because
/// a sender may change it within a connection. The two directions of a connection have different
/// numbers: each is a stream of its own to the underlay, and what is not asked for (RFC 7348,
/// section 5) costs nothing.
std::uint64_t flow_hash(const Ipv4Header& header, std::span<const std::byte> packet);
/// The same for IPv6; a packet whose extension headers cannot be walked counts by its addresses.
std::uint64_t flow_hash(const Ipv6Header& header, std::span<const std::byte> packet);

/// The source port of the outer UDP datagram, 49152 to 65535: RFC 7348, section 5, asks for a hash
/// of the inner packet within the dynamic ports (RFC 6335, section 6).
Port outer_source_port(std::uint64_t flow_hash);
inline constexpr std::uint16_t kOuterSourcePortMin = 49152;

}  // namespace flatlan::tunnel
