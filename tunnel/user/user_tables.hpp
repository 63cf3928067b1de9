#pragma once

#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/sysctl.hpp"
#include "tunnel/backend.hpp"
#include "tunnel/engine/peer.hpp"

/// What the kernel has to know so that packets for other nodes go to the device `flat0`.
namespace flatlan::tunnel {

/// The wanted state of one node, but for the device itself.
struct UserTables {
    std::vector<Sysctl> sysctls;
    std::vector<IpAddress> addresses;    ///< the node's own, on `lo`
    std::vector<Neighbour> neighbours;   ///< the next hops; none where the device has no Ethernet
    std::vector<flatlan::Route> routes;  ///< by prefix
};

/// `wanted` makes sense. `ethernet` says whether the device has link-layer addresses.
UserTables tables_for(const TunnelWanted& wanted, OverlayMtu mtu, const InterfaceName& name,
                      IfIndex device, bool ethernet);

/// The other nodes as the engine has to know them, with the MTU of the way to each.
std::vector<Peer> peers_for(const TunnelWanted& wanted, OverlayMtu mtu);

/// Makes the kernel so: compares with what is there, adds and replaces before it removes.
Result<TunnelChange> ensure_tables(const Namespace& network, Netlink& netlink, IfIndex device,
                                   const UserTables& wanted);

}  // namespace flatlan::tunnel
