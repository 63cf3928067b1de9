#include "tunnel/user/user_tables.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "overlay/linux/address.hpp"
#include "tunnel/user/veth_device.hpp"

namespace flatlan::tunnel {
namespace {

constexpr IfIndex kLoopback{1};  // the first interface of every network namespace

/// The next hop of every route into the tunnel, so that the kernel keeps one neighbour for all
/// destinations. Nobody has these addresses.
IpAddress gateway_of(IpFamily family) {
    if (family == IpFamily::ipv4) return Ipv4Address{0xa9fe'0001};  // 169.254.0.1 (RFC 3927)
    return Ipv6Address::from_halves(0xfe80'0000'0000'0000, 1);
}

/// What the way to a peer passes, where that is less than the device does.
std::optional<OverlayMtu> narrowed(const TunnelWanted& wanted, const TunnelNode& peer,
                                   OverlayMtu mtu) {
    const auto path = path_mtu(BackendKind::user, wanted, peer);
    return path && path.value() < mtu ? std::optional{path.value()} : std::nullopt;
}

template <typename Visit>
void for_each_peer(const TunnelWanted& wanted, Visit visit) {
    for (const TunnelNode& node : wanted.nodes)
        if (node.name != wanted.self.name) visit(node);
}

Result<void> ensure_addresses(Netlink& netlink, const std::vector<IpAddress>& wanted,
                              TunnelChange& change) {
    FLATLAN_TRY(have, list_addresses(netlink, kLoopback));
    NetlinkBatch batch;
    for (const IpAddress& address : wanted) {
        const InterfaceAddress entry{address, address_bits(address.family()), kLoopback};
        // Whether its prefix is routed makes no difference: that is the address itself.
        if (std::any_of(have.begin(), have.end(), [&](const InterfaceAddress& there) {
                return there.address == address && there.length_bits == entry.length_bits;
            }))
            continue;
        replace_address(batch, entry);
        ++change.added;
    }
    return netlink.execute(batch);
}

Result<void> ensure_neighbours(Netlink& netlink, IfIndex device,
                               const std::vector<Neighbour>& wanted, TunnelChange& change) {
    if (wanted.empty()) return success();
    FLATLAN_TRY(have, list_neighbours(netlink, device));
    NetlinkBatch batch;
    for (const Neighbour& neighbour : wanted) {
        if (std::find(have.begin(), have.end(), neighbour) != have.end()) continue;
        replace_neighbour(batch, neighbour);
        ++change.added;
    }
    return netlink.execute(batch);
}

Result<void> ensure_routes(Netlink& netlink, IfIndex device,
                           const std::vector<flatlan::Route>& wanted, TunnelChange& change) {
    FLATLAN_TRY(have, list_routes(netlink, {.protocol = kFlatlanRoutes, .device = device}));
    std::map<IpPrefix, const flatlan::Route*> left;  // what is there and not wanted
    NetlinkBatch superfluous;
    for (const flatlan::Route& route : have)
        if (!left.emplace(route.destination, &route).second) {
            remove_route(superfluous, route);
            ++change.removed;
        }
    NetlinkBatch batch;
    for (const flatlan::Route& route : wanted) {
        const auto found = left.find(route.destination);
        const bool known = found != left.end();
        const bool right = known && *found->second == route;
        if (known) left.erase(found);
        if (right) continue;
        replace_route(batch, route);
        ++(known ? change.replaced : change.added);
    }
    FLATLAN_TRY_VOID(netlink.execute(batch));
    for (const auto& [prefix, route] : left) {
        remove_route(superfluous, *route);
        ++change.removed;
    }
    return netlink.execute(superfluous);
}

}  // namespace

std::vector<Peer> peers_for(const TunnelWanted& wanted, OverlayMtu mtu) {
    std::vector<Peer> peers;
    for_each_peer(wanted, [&](const TunnelNode& node) {
        peers.push_back(
            {node.endpoint, node.mac, node.blocks, narrowed(wanted, node, mtu).value_or(mtu)});
    });
    return peers;
}

UserTables tables_for(const TunnelWanted& wanted, OverlayMtu mtu, const InterfaceName& name,
                      IfIndex device, bool ethernet) {
    UserTables tables;
    const bool ipv6 = carries_ipv6(wanted.settings);
    tables.sysctls.push_back({"net/ipv4/ip_forward", "1"});
    tables.sysctls.push_back({"net/ipv4/conf/" + name.text() + "/forwarding", "1"});
    if (ipv6) {
        tables.sysctls.push_back({"net/ipv6/conf/all/forwarding", "1"});
        tables.sysctls.push_back({"net/ipv6/conf/" + name.text() + "/disable_ipv6", "0"});
    }
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        if (family == IpFamily::ipv6 && !ipv6) continue;
        if (const auto own = wanted.self.overlay.find(family)) tables.addresses.push_back(*own);
        if (ethernet) tables.neighbours.push_back({gateway_of(family), device, veth_gateway_mac()});
    }
    for_each_peer(wanted, [&](const TunnelNode& node) {
        const auto narrow = narrowed(wanted, node, mtu);
        for (const IpPrefix& block : node.blocks)
            tables.routes.push_back({.destination = block,
                                     .via = gateway_of(block.family()),
                                     .device = device,
                                     .on_link = true,
                                     .preferred_source = wanted.self.overlay.find(block.family()),
                                     .mtu = narrow ? narrow->value() : 0});
    });
    return tables;
}

Result<TunnelChange> ensure_tables(const Namespace& network, Netlink& netlink, IfIndex device,
                                   const UserTables& wanted) {
    TunnelChange change;
    FLATLAN_TRY(sysctls, ensure_sysctls(network, wanted.sysctls));
    change.replaced += sysctls;
    FLATLAN_TRY_VOID(ensure_addresses(netlink, wanted.addresses, change));
    FLATLAN_TRY_VOID(ensure_neighbours(netlink, device, wanted.neighbours, change));
    FLATLAN_TRY_VOID(ensure_routes(netlink, device, wanted.routes, change));
    return change;
}

}  // namespace flatlan::tunnel
