#include "overlay/pod/sandbox/lost_routes.hpp"

#include <algorithm>

#include "overlay/linux/netlink.hpp"
#include "overlay/linux/route.hpp"

namespace flatlan::pod {
namespace {

bool in_any(const std::vector<IpPrefix>& prefixes, const IpAddress& address) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

/// As attach_sandbox makes it: to one address, straight out of a device. A route to another node
/// has a next hop.
bool leads_to_pod(const Route& route) {
    return route.type == RouteType::unicast && route.device && !route.via && !route.nexthop &&
           route.destination.host_bits() == 0;
}

}  // namespace

Result<std::vector<IpAddress>> remove_lost_routes(const Namespace& node,
                                                  const std::vector<IpPrefix>& cluster_prefixes,
                                                  const std::vector<IpPrefix>& blocks) {
    FLATLAN_TRY(netlink, Netlink::open_in(node));
    FLATLAN_TRY(routes, list_routes(netlink, {.protocol = kFlatlanRoutes}));
    std::vector<IpAddress> lost;
    NetlinkBatch batch;
    for (const Route& route : routes) {
        const IpAddress& address = route.destination.address();
        if (!leads_to_pod(route) || !in_any(cluster_prefixes, address) || in_any(blocks, address))
            continue;
        remove_route(batch, route);
        lost.push_back(address);
    }
    FLATLAN_TRY_VOID(netlink.execute(batch));
    return lost;
}

}  // namespace flatlan::pod
