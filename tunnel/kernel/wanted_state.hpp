#pragma once

#include <span>

#include "tunnel/backend.hpp"
#include "tunnel/kernel/state.hpp"

namespace flatlan::tunnel {

/// Whether the network namespace has IPv6: not at all (ipv6.disable=1), switched off
/// (net.ipv6.conf.all.disable_ipv6), or on.
enum class Ipv6State : std::uint8_t { absent, off, on };

/// What of the network namespace decides how the tunnel is built.
struct KernelFacts {
    /// How much IPv6 there is. Where it is on, one IPv6 neighbour serves a peer's routes of both
    /// families. Where it is off, an IPv4 neighbour does for a cluster without IPv6, and any other
    /// cluster has it switched on for the tunnel's device alone.
    Ipv6State ipv6 = Ipv6State::on;
    /// The next hops that are there: a peer whose gateway is among them keeps its number.
    std::span<const TunnelNexthop> nexthops = {};
};

/// The state that the kernel must have for `wanted`: per peer one FDB entry, one neighbour, one
/// next hop, and per block of a peer one route. Time: O(n log n) in nodes and blocks.
///
/// Errors: those of check_consistent(), those of overlay_mtu(), and unsupported for IPv6 blocks in
/// a namespace without IPv6.
Result<KernelTunnelState> wanted_state(const TunnelWanted& wanted, const KernelFacts& facts);

}  // namespace flatlan::tunnel
