#include "overlay/pod/sandbox/node_network.hpp"

#include <algorithm>
#include <array>

#include "overlay/linux/address.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/sysctl.hpp"

namespace flatlan::pod {
namespace {

constexpr IfIndex kLoopback{1};

const std::array kSettings{
    Sysctl{"net/ipv4/ip_forward", "1"},
    Sysctl{.path = "net/ipv6/conf/all/forwarding", .value = "1", .if_there = true},
    Sysctl{"net/ipv4/conf/all/rp_filter", "0"},
    Sysctl{"net/ipv4/conf/default/rp_filter", "0"},
};

std::vector<InterfaceAddress> wanted_addresses(const NodeNetwork& wanted) {
    std::vector<InterfaceAddress> addresses;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = wanted.overlay.find(family))
            addresses.push_back(
                {.address = *address, .length_bits = address_bits(family), .device = kLoopback});
    return addresses;
}

std::vector<Route> wanted_routes(const NodeNetwork& wanted) {
    std::vector<Route> routes;
    for (const auto* const prefixes : {&wanted.cluster_prefixes, &wanted.blocks})
        for (const IpPrefix& prefix : *prefixes) {
            const Route route{
                .destination = prefix, .type = RouteType::unreachable, .metric = kLastMetric};
            // A cluster of one node may have one block that is the whole prefix.
            if (std::find(routes.begin(), routes.end(), route) == routes.end())
                routes.push_back(route);
        }
    return routes;
}

/// `lo` has these by itself, and programs of the machine talk by them.
bool is_machines_own(const IpAddress& address) {
    return address.is_ipv4() ? address.ipv4().is_loopback() : address.ipv6().is_loopback();
}

/// The addresses of the flat network that `lo` has.
Result<std::vector<InterfaceAddress>> read_addresses(Netlink& netlink, const NodeNetwork& wanted) {
    FLATLAN_TRY(addresses, list_addresses(netlink, kLoopback));
    std::erase_if(addresses, [&](const InterfaceAddress& found) {
        return is_machines_own(found.address) ||
               std::none_of(wanted.cluster_prefixes.begin(), wanted.cluster_prefixes.end(),
                            [&](const IpPrefix& prefix) { return prefix.contains(found.address); });
    });
    return std::move(addresses);
}

Result<std::vector<Route>> read_routes(Netlink& netlink) {
    FLATLAN_TRY(routes, list_routes(netlink, {.protocol = kFlatlanRoutes}));
    std::erase_if(routes, [](Route& route) {
        route.device.reset();  // IPv6 says `lo` for a route that leads nowhere
        return route.type != RouteType::unreachable;
    });
    return std::move(routes);
}

/// Calls `remove` with what is in `found` alone and then `add` with what is in `wanted` alone: of
/// an address that is there the kernel would not change the flags.
template <typename Value, typename Remove, typename Add>
void for_differences(const std::vector<Value>& found, const std::vector<Value>& wanted,
                     Remove remove, Add add) {
    for (const Value& value : found)
        if (std::find(wanted.begin(), wanted.end(), value) == wanted.end()) remove(value);
    for (const Value& value : wanted)
        if (std::find(found.begin(), found.end(), value) == found.end()) add(value);
}

}  // namespace

Result<std::size_t> prepare_node(const Namespace& node, const NodeNetwork& wanted) {
    FLATLAN_TRY(settings_changed, ensure_sysctls(node, kSettings));
    FLATLAN_TRY(netlink, Netlink::open_in(node));
    FLATLAN_TRY(addresses, read_addresses(netlink, wanted));
    FLATLAN_TRY(routes, read_routes(netlink));
    FLATLAN_TRY(loopback, get_link(netlink, kLoopback));

    NetlinkBatch batch;
    if (!loopback.is_up()) set_loopback_up(batch);
    for_differences(
        addresses, wanted_addresses(wanted),
        [&](const auto& address) { remove_address(batch, address); },
        [&](const auto& address) { replace_address(batch, address); });
    for_differences(
        routes, wanted_routes(wanted), [&](const auto& route) { remove_route(batch, route); },
        [&](const auto& route) { replace_route(batch, route); });
    FLATLAN_TRY_VOID(netlink.execute(batch));
    return settings_changed + batch.size();
}

}  // namespace flatlan::pod
