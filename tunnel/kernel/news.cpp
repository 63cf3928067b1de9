#include "tunnel/kernel/news.hpp"

#include <linux/netconf.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "tunnel/kernel/translation.hpp"

namespace flatlan::tunnel {
namespace {

template <typename Entry, typename Key>
const Entry* find(const std::vector<Entry>& table, const Key& key) {
    const auto at = std::lower_bound(table.begin(), table.end(), key,
                                     [](const Entry& a, const auto& b) { return a.key() < b; });
    return at != table.end() && at->key() == key ? &*at : nullptr;
}

enum class Told : bool { is_there, is_gone };

/// `stray` says whether an entry that nobody expects is one too many.
template <typename Entry>
bool contradicts(const std::vector<Entry>& expected, const Entry& entry, Told told, bool stray) {
    const Entry* const known = find(expected, entry.key());
    if (told == Told::is_gone) return known != nullptr;
    return known == nullptr ? stray : *known != entry;
}

bool link_contradicts(const ExpectedTunnel& expected, const NetlinkMessageView& message,
                      Told told) {
    // A bridge and IPv6 tell of their side of an interface under families of their own.
    const auto header = message.header<ifinfomsg>();
    if (!header || header->ifi_family != AF_UNSPEC) return false;
    const auto link = parse_link(message);
    if (!link || (link->index != expected.device && link->name != expected.state.device->name))
        return false;
    return told == Told::is_gone || link->index != expected.device ||
           device_from(*link) != expected.state.device;
}

bool address_contradicts(const ExpectedTunnel& expected, const NetlinkMessageView& message,
                         Told told) {
    const auto address = parse_address(message);
    const auto entry = address ? entry_from(*address) : std::nullopt;
    return entry && contradicts(expected.state.tables.addresses, *entry, told, false);
}

bool neighbour_contradicts(const ExpectedTunnel& expected, const NetlinkMessageView& message,
                           Told told) {
    const auto header = message.header<ndmsg>();
    if (!header || header->ndm_ifindex != expected.device.value()) return false;
    const KernelTables& tables = expected.state.tables;
    if (header->ndm_family == PF_BRIDGE) {
        const auto found = parse_fdb_entry(message);
        const auto entry = found ? entry_from(*found) : std::nullopt;
        return entry && contradicts(tables.fdb, *entry, told, true);
    }
    const auto found = parse_neighbour(message);
    if (!found) return false;
    const auto entry = entry_from(*found);
    // What goes, or leads nowhere any more, may have lost its MAC address before.
    if (told == Told::is_gone || !entry) return find(tables.neighbours, found->address) != nullptr;
    return contradicts(tables.neighbours, *entry, told, true);
}

bool nexthop_contradicts(const ExpectedTunnel& expected, const NetlinkMessageView& message,
                         Told told) {
    const auto attributes = message.attributes<nhmsg>();
    const auto& nexthops = expected.state.tables.nexthops;
    if (told == Told::is_gone) {
        const auto id = attributes.u32(NHA_ID);
        return id && find(nexthops, NexthopId{*id}) != nullptr;
    }
    const auto nexthop = parse_nexthop(message);
    if (!nexthop) return false;
    const auto entry = entry_from(*nexthop);
    return entry && contradicts(nexthops, *entry, told, nexthop->device == expected.device);
}

bool route_contradicts(const ExpectedTunnel& expected, const NetlinkMessageView& message,
                       Told told) {
    const auto route = parse_route(message);
    if (!route) return false;
    // The node's own barrier against addresses that nobody has (overlay/pod/sandbox), beside the
    // tunnel's routes.
    const bool barrier = route->type == RouteType::unreachable && route->protocol == kFlatlanRoutes;
    if (told == Told::is_gone && barrier) return true;
    const auto entry = entry_from(*route);
    if (!entry) return false;
    const KernelTables& tables = expected.state.tables;
    const bool ours = route->device == expected.device ||
                      (route->nexthop && find(tables.nexthops, *route->nexthop) != nullptr);
    return contradicts(tables.routes, *entry, told, ours);
}

/// Of a namespace's switches the kernel tells when packets are no longer forwarded or sources are
/// judged by the routes.
bool switch_contradicts(const ExpectedTunnel& expected, const NetlinkMessageView& message) {
    const auto attributes = message.attributes<netconfmsg>();
    const auto device = attributes.object<std::int32_t>(NETCONFA_IFINDEX);
    if (!device || (*device != NETCONFA_IFINDEX_ALL && *device != expected.device.value()))
        return false;
    const auto forwarding = attributes.u32(NETCONFA_FORWARDING);
    const auto filter = attributes.u32(NETCONFA_RP_FILTER);
    return (forwarding && *forwarding == 0) || (filter && *filter != 0);
}

}  // namespace

bool contradicts(const ExpectedTunnel& expected, const NetlinkMessageView& told) {
    switch (told.type()) {
        case RTM_NEWLINK:
            return link_contradicts(expected, told, Told::is_there);
        case RTM_DELLINK:
            return link_contradicts(expected, told, Told::is_gone);
        case RTM_NEWADDR:
            return address_contradicts(expected, told, Told::is_there);
        case RTM_DELADDR:
            return address_contradicts(expected, told, Told::is_gone);
        case RTM_NEWNEIGH:
            return neighbour_contradicts(expected, told, Told::is_there);
        case RTM_DELNEIGH:
            return neighbour_contradicts(expected, told, Told::is_gone);
        case RTM_NEWNEXTHOP:
            return nexthop_contradicts(expected, told, Told::is_there);
        case RTM_DELNEXTHOP:
            return nexthop_contradicts(expected, told, Told::is_gone);
        case RTM_NEWROUTE:
            return route_contradicts(expected, told, Told::is_there);
        case RTM_DELROUTE:
            return route_contradicts(expected, told, Told::is_gone);
        case RTM_NEWNETCONF:
            return switch_contradicts(expected, told);
        default:
            return false;
    }
}

}  // namespace flatlan::tunnel
