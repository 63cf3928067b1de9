#include "tunnel/kernel/translation.hpp"

#include <linux/rtnetlink.h>

#include "overlay/base/check.hpp"

namespace flatlan::tunnel {
namespace {

using Verb = TableOperation::Verb;

constexpr RouteProtocol kKernelProtocol{RTPROT_KERNEL};

void append_entry(NetlinkBatch&, Verb, const TunnelSysctl&, IfIndex) { FLATLAN_CHECK(false); }

void append_entry(NetlinkBatch& batch, Verb verb, const TunnelAddress& entry, IfIndex) {
    const InterfaceAddress address{.address = entry.address.address(),
                                   .length_bits = entry.address.length_bits(),
                                   .device = kLoopback};
    verb == Verb::remove ? remove_address(batch, address) : replace_address(batch, address);
}

void append_entry(NetlinkBatch& batch, Verb verb, const TunnelFdbEntry& entry, IfIndex device) {
    const FdbEntry fdb{.mac = entry.mac, .device = device, .remote = entry.endpoint};
    verb == Verb::remove ? remove_fdb_entry(batch, fdb) : replace_fdb_entry(batch, fdb);
}

void append_entry(NetlinkBatch& batch, Verb verb, const TunnelNeighbour& entry, IfIndex device) {
    const Neighbour neighbour{.address = entry.gateway, .device = device, .mac = entry.mac};
    verb == Verb::remove ? remove_neighbour(batch, neighbour) : replace_neighbour(batch, neighbour);
}

void append_entry(NetlinkBatch& batch, Verb verb, const TunnelNexthop& entry, IfIndex device) {
    // IPv4 would look for a route to the gateway, which is on no network of ours.
    const Nexthop nexthop{.id = entry.id,
                          .gateway = entry.gateway,
                          .device = device,
                          .on_link = entry.gateway.is_ipv4()};
    switch (verb) {
        case Verb::add:  // never takes the number of a next hop of another device
            return create_nexthop(batch, nexthop);
        case Verb::replace:
            return replace_nexthop(batch, nexthop);
        case Verb::remove:
            return remove_nexthop(batch, nexthop.id);
    }
}

void append_entry(NetlinkBatch& batch, Verb verb, const TunnelRoute& entry, IfIndex device) {
    Route route{.destination = entry.prefix};
    route.metric = entry.metric;
    if (verb == Verb::remove) {
        // Someone else's route may stand here, of whatever kind: only the place is named, so that
        // of several it is the first one.
        if (entry.nexthop != NexthopId{})
            route.nexthop = entry.nexthop;
        else if (!entry.elsewhere)
            route.device = device;
        route.type = RouteType::other;
        route.protocol = RouteProtocol{RTPROT_UNSPEC};
        return remove_route(batch, route);
    }
    route.nexthop = entry.nexthop;
    route.preferred_source = entry.source;
    if (entry.mtu) route.mtu = entry.mtu->value();
    replace_route(batch, route);
}

}  // namespace

std::optional<VxlanDevice> device_from(const Link& link) {
    const auto mtu = OverlayMtu::from(link.mtu.value());
    if (!link.vxlan || !link.mac || !mtu) return std::nullopt;
    return VxlanDevice{.name = link.name,
                       .settings = *link.vxlan,
                       .mtu = mtu.value(),
                       .mac = *link.mac,
                       .up = link.is_up(),
                       .makes_link_local = link.makes_link_local};
}

std::optional<TunnelAddress> entry_from(const InterfaceAddress& address) {
    if (address.device != kLoopback) return std::nullopt;
    const IpPrefix host = IpPrefix::host(address.address);
    const bool altered = address.length_bits != host.length_bits() || address.prefix_route;
    return TunnelAddress{.address = host, .altered = altered};
}

std::optional<TunnelFdbEntry> entry_from(const FdbEntry& entry) {
    return TunnelFdbEntry{
        .mac = entry.mac, .endpoint = entry.remote, .altered = !entry.permanent || !entry.plain};
}

std::optional<TunnelNeighbour> entry_from(const Neighbour& neighbour) {
    switch (neighbour.state) {
        case NeighbourState::none:
        case NeighbourState::incomplete:
        case NeighbourState::failed:
        case NeighbourState::noarp:
            return std::nullopt;
        default:
            break;
    }
    return TunnelNeighbour{
        .gateway = neighbour.address,
        .mac = neighbour.mac,
        .altered = neighbour.state != NeighbourState::permanent || neighbour.flags != 0};
}

std::optional<TunnelNexthop> entry_from(const Nexthop& nexthop) {
    return TunnelNexthop{.id = nexthop.id,
                         .gateway = nexthop.gateway,
                         .altered = nexthop.protocol != kFlatlanRoutes ||
                                    nexthop.on_link != nexthop.gateway.is_ipv4()};
}

std::optional<TunnelRoute> entry_from(const Route& route) {
    if (route.table != kMainTable || route.protocol == kKernelProtocol) return std::nullopt;
    TunnelRoute entry{.prefix = route.destination,
                      .metric = route.metric,
                      .nexthop = route.nexthop.value_or(NexthopId{}),
                      .source = route.preferred_source,
                      .altered = route.type != RouteType::unicast ||
                                 route.protocol != kFlatlanRoutes || !route.nexthop};
    if (route.mtu != 0) {
        const auto mtu = OverlayMtu::from(route.mtu);
        if (mtu) entry.mtu = mtu.value();
        entry.altered = entry.altered || !mtu;
    }
    return entry;
}

void append(NetlinkBatch& batch, const TableOperation& operation, IfIndex device) {
    std::visit([&](const auto& entry) { append_entry(batch, operation.verb, entry, device); },
               operation.entry);
}

}  // namespace flatlan::tunnel
