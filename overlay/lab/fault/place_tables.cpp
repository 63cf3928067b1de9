#include "overlay/lab/fault/place_tables.hpp"

#include <algorithm>

namespace flatlan::lab {
namespace {

/// What is in `here` and not in `there`.
template <typename Entry>
std::vector<Entry> only_in(const std::vector<Entry>& here, const std::vector<Entry>& there) {
    std::vector<Entry> only;
    for (const Entry& entry : here)
        if (std::ranges::find(there, entry) == there.end()) only.push_back(entry);
    return only;
}

/// An entry whose interface has gone meanwhile needs no putting back.
Result<void> unless_gone(Result<void> done) {
    if (done || done.error().code() == ErrorCode::not_found) return success();
    return done;
}

Result<void> put_links_back(Netlink& netlink, const PlaceTables& whole, const PlaceTables& broken) {
    for (const Link& was : whole.links) {
        const auto is = std::ranges::find(broken.links, was.index, &Link::index);
        if (is == broken.links.end() || (is->is_up() == was.is_up() && is->mtu == was.mtu))
            continue;
        LinkChange change;
        if (is->is_up() != was.is_up()) change.up = was.is_up();
        if (is->mtu != was.mtu) change.mtu = was.mtu;
        FLATLAN_TRY_VOID(unless_gone(set_link(netlink, was.index, change)));
    }
    return success();
}

template <typename Entry, typename Add, typename Remove>
Result<void> put_entries_back(const std::vector<Entry>& whole, const std::vector<Entry>& broken,
                              Add add, Remove remove) {
    for (const Entry& entry : only_in(broken, whole))
        FLATLAN_TRY_VOID(unless_gone(remove(entry)));
    for (const Entry& entry : only_in(whole, broken))
        FLATLAN_TRY_VOID(unless_gone(add(entry)));
    return success();
}

/// With its last address of IPv4 an interface loses its routes, so there the right one comes first;
/// of IPv6 it cannot have one address with two netmasks.
Result<void> put_addresses_back(Netlink& netlink, const PlaceTables& whole,
                                const PlaceTables& broken) {
    const auto missing = only_in(whole.addresses, broken.addresses);
    const auto add = [&](IpFamily family) -> Result<void> {
        for (const InterfaceAddress& entry : missing)
            if (entry.address.family() == family)
                FLATLAN_TRY_VOID(unless_gone(replace_address(netlink, entry)));
        return success();
    };
    FLATLAN_TRY_VOID(add(IpFamily::ipv4));
    for (const InterfaceAddress& entry : only_in(broken.addresses, whole.addresses))
        FLATLAN_TRY_VOID(unless_gone(remove_address(netlink, entry)));
    return add(IpFamily::ipv6);
}

}  // namespace

Result<PlaceTables> PlaceTables::read(Netlink& netlink) {
    PlaceTables tables;
    FLATLAN_TRY(links, list_links(netlink));
    FLATLAN_TRY(addresses, list_addresses(netlink));
    FLATLAN_TRY(routes, list_routes(netlink));
    FLATLAN_TRY(neighbours, list_neighbours(netlink));
    for (const Link& link : links) {
        if (link.vxlan) {
            FLATLAN_TRY(entries, list_fdb_entries(netlink, link.index));
            tables.fdb.insert(tables.fdb.end(), entries.begin(), entries.end());
        }
        FLATLAN_TRY(nexthops, list_nexthops(netlink, link.index));
        tables.nexthops.insert(tables.nexthops.end(), nexthops.begin(), nexthops.end());
    }
    std::erase_if(neighbours,
                  [](const Neighbour& entry) { return entry.state != NeighbourState::permanent; });
    tables.links = std::move(links);
    tables.addresses = std::move(addresses);
    tables.routes = std::move(routes);
    tables.neighbours = std::move(neighbours);
    return tables;
}

void PlaceTables::renumber(IfIndex from, IfIndex to) {
    const auto change = [&](auto& entries) {
        for (auto& entry : entries)
            if (entry.device == from) entry.device = to;
    };
    for (Link& link : links)
        if (link.index == from) link.index = to;
    change(addresses);
    change(nexthops);
    change(routes);
    change(neighbours);
    change(fdb);
}

Result<void> put_back(Netlink& netlink, const PlaceTables& whole, const PlaceTables& broken) {
    FLATLAN_TRY_VOID(put_links_back(netlink, whole, broken));
    FLATLAN_TRY_VOID(put_addresses_back(netlink, whole, broken));
    FLATLAN_TRY_VOID(put_entries_back(
        whole.nexthops, broken.nexthops,
        [&](const Nexthop& entry) {
            return execute_appended(netlink,
                                    [&](NetlinkBatch& batch) { replace_nexthop(batch, entry); });
        },
        [&](const Nexthop& entry) {
            return execute_appended(netlink,
                                    [&](NetlinkBatch& batch) { remove_nexthop(batch, entry.id); });
        }));
    FLATLAN_TRY_VOID(put_entries_back(
        whole.routes, broken.routes,
        [&](const auto& entry) { return replace_route(netlink, entry); },
        [&](const auto& entry) { return remove_route(netlink, entry); }));
    FLATLAN_TRY_VOID(put_entries_back(
        whole.neighbours, broken.neighbours,
        [&](const auto& entry) { return replace_neighbour(netlink, entry); },
        [&](const auto& entry) { return remove_neighbour(netlink, entry); }));
    return put_entries_back(
        whole.fdb, broken.fdb, [&](const auto& entry) { return replace_fdb_entry(netlink, entry); },
        [&](const auto& entry) { return remove_fdb_entry(netlink, entry); });
}

}  // namespace flatlan::lab
