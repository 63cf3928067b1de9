#pragma once

#include <span>
#include <vector>

#include "overlay/linux/address.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::tunnel {

/// What the kernel holds of one node's routes to the others. Sorted: routes by destination,
/// neighbours by address.
struct DirectState {
    std::vector<InterfaceAddress> addresses;  ///< the node's own on the flat network, on `lo`
    std::vector<Neighbour> neighbours;        ///< where a route's next hop is a MAC address
    std::vector<Route> routes;
};

/// The address of the node's endpoint as the interface on the underlay has it. Error unsupported
/// when no interface has it.
Result<InterfaceAddress> find_endpoint(const IpAddress& endpoint,
                                       std::span<const InterfaceAddress> addresses);

/// What `wanted` asks for on the interface that has the address `own`. Errors: those of
/// check_consistent() and of overlay_mtu(); unsupported, and the name of the peer, when an endpoint
/// is not on the link of `own`.
Result<DirectState> direct_state(const TunnelWanted& wanted, const InterfaceAddress& own);

}  // namespace flatlan::tunnel
