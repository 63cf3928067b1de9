#pragma once

#include <cstddef>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan::pod {

/// What the flat network needs of a node before it has pods or a tunnel.
struct NodeNetwork {
    IpAddresses overlay;  ///< the node's own addresses on the flat network
    std::vector<IpPrefix> cluster_prefixes;
    std::vector<IpPrefix> blocks;  ///< whose addresses are this node's
};

/// Makes the node's network namespace a router of pods, and says how many things it changed.
/// Called again when the node's blocks or addresses change: what it made before and is wanted no
/// more, it removes.
///
/// - It forwards, for both families; for IPv4 alone where the kernel has no IPv6.
/// - Reverse path filters are off: a packet's source is judged by the tunnel, which knows whose it
///   is, while a filter by route would drop what comes in while routes are being changed.
/// - `lo` is up and has the overlay addresses (/32 and /128): there they outlast every tunnel
///   device, and are a valid preferred source of each pod's route.
/// - The cluster's prefixes and the node's own blocks are unreachable unless a better route says
///   otherwise: a pod address that nobody has never leaves by a default route, nor goes round in
///   circles between two nodes.
Result<std::size_t> prepare_node(const Namespace& node, const NodeNetwork& wanted);

}  // namespace flatlan::pod
