#pragma once

#include <string>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/route.hpp"

namespace flatlan {

/// A next hop that stands by itself, for routes to refer to (ip-nexthop(8)). Routes over many next
/// hops of one device need it: without, the kernel compares a new IPv4 route with all of them. It
/// goes with its device, and the routes that use it go with it.
struct Nexthop {
    NexthopId id;
    IpAddress gateway;  ///< an IPv6 one serves IPv4 routes too
    IfIndex device;
    bool on_link = false;  ///< as of a Route
    RouteProtocol protocol = kFlatlanRoutes;

    friend bool operator==(const Nexthop&, const Nexthop&) = default;
};

/// "nhid 7 via fe80::1 dev 4".
std::string to_string(const Nexthop& nexthop);

/// Error already_exists when the number is taken.
void create_nexthop(NetlinkBatch& batch, const Nexthop& nexthop);
/// Makes it so, whatever has the number: routes that use it follow in the same instant.
void replace_nexthop(NetlinkBatch& batch, const Nexthop& nexthop);
/// Succeeds when it is gone.
void remove_nexthop(NetlinkBatch& batch, NexthopId id);

/// Those of the device that have a gateway.
Result<std::vector<Nexthop>> list_nexthops(Netlink& netlink, IfIndex device);

/// What a message of the kernel says of a next hop; nothing for one without gateway and device.
std::optional<Nexthop> parse_nexthop(const NetlinkMessageView& message);

}  // namespace flatlan
