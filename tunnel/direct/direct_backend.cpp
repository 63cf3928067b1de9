#include "tunnel/direct/direct_backend.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "overlay/linux/link.hpp"
#include "overlay/linux/offload.hpp"
#include "overlay/linux/sysctl.hpp"
#include "tunnel/filter/peer_counts.hpp"

namespace flatlan::tunnel {
namespace {

/// All that can change about routes and what they need.
constexpr std::array<unsigned, 8> kGroups{
    RTNLGRP_LINK,       RTNLGRP_NEIGH,      RTNLGRP_IPV4_IFADDR,  RTNLGRP_IPV6_IFADDR,
    RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF};

/// What a route or neighbour is found by, when two tables are compared.
const IpPrefix& key(const Route& route) { return route.destination; }
const IpAddress& key(const Neighbour& neighbour) { return neighbour.address; }

/// Of two sorted tables: what `want` has that `have` has not, or differently.
template <typename Entry, typename Visit>
std::uint64_t for_each_missing(const std::vector<Entry>& have, const std::vector<Entry>& want,
                               Visit visit) {
    std::uint64_t count = 0;
    for (const Entry& entry : want) {
        const auto at = std::lower_bound(have.begin(), have.end(), key(entry),
                                         [](const Entry& a, const auto& b) { return key(a) < b; });
        if (at != have.end() && *at == entry) continue;
        visit(entry);
        ++count;
    }
    return count;
}

/// Of two sorted tables: what `have` has at a place where `want` has nothing.
template <typename Entry, typename Visit>
std::uint64_t for_each_surplus(const std::vector<Entry>& have, const std::vector<Entry>& want,
                               Visit visit) {
    std::uint64_t count = 0;
    for (const Entry& entry : have) {
        const auto at = std::lower_bound(want.begin(), want.end(), key(entry),
                                         [](const Entry& a, const auto& b) { return key(a) < b; });
        if (at != want.end() && key(*at) == key(entry)) continue;
        visit(entry);
        ++count;
    }
    return count;
}

template <typename Entry>
void sort_by_key(std::vector<Entry>& entries) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return key(a) < key(b); });
}

/// Our routes on the interface, and the neighbours that they lead to or that `ours` has.
Result<DirectState> read_state(Netlink& netlink, IfIndex device,
                               const std::vector<Neighbour>& ours) {
    DirectState have;
    FLATLAN_TRY(addresses, list_addresses(netlink, IfIndex{1}));
    FLATLAN_TRY(neighbours, list_neighbours(netlink, device));
    FLATLAN_TRY(routes, list_routes(netlink, {.device = device}));
    have.addresses = std::move(addresses);
    have.neighbours = std::move(neighbours);
    have.routes = std::move(routes);
    std::erase_if(have.routes, [&](const Route& route) {
        return route.protocol != kFlatlanRoutes || route.type != RouteType::unicast || !route.via;
    });
    std::unordered_set<IpAddress> used;
    for (const Route& route : have.routes)
        used.insert(*route.via);
    for (const Neighbour& neighbour : ours)
        used.insert(neighbour.address);
    std::erase_if(have.neighbours, [&](const Neighbour& neighbour) {
        return !neighbour.address.is_ipv6() || !neighbour.address.ipv6().is_link_local() ||
               !used.contains(neighbour.address);
    });
    sort_by_key(have.neighbours);
    sort_by_key(have.routes);
    return have;
}

/// Whether a message may concern what is kept here; to look once too often costs little.
bool is_news(const NetlinkMessageView& told, IfIndex device) {
    switch (told.type()) {
        case RTM_NEWLINK:
        case RTM_DELLINK: {
            const auto link = parse_link(told);
            return link && link->index == device;
        }
        case RTM_NEWNEIGH:
        case RTM_DELNEIGH: {
            const auto neighbour = parse_neighbour(told);
            return neighbour && neighbour->device == device && neighbour->address.is_ipv6();
        }
        case RTM_NEWROUTE:
        case RTM_DELROUTE: {
            const auto route = parse_route(told);
            return route && route->table == kMainTable && route->protocol.value() != RTPROT_KERNEL;
        }
        case RTM_NEWADDR: {
            const auto address = parse_address(told);
            return address && address->device == device;
        }
        case RTM_NEWNETCONF:
        case RTM_DELADDR:
            return true;
        default:
            return false;
    }
}

}  // namespace

Result<DirectBackend> DirectBackend::open(const Namespace& network) {
    FLATLAN_TRY(own, network.duplicate());
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(filter, TunnelFilter::open(network));
    return DirectBackend{std::move(own), std::move(netlink), std::move(filter)};
}

Result<int> DirectBackend::watch() {
    if (waits_) return waits_->fd();
    FLATLAN_TRY(events, NetlinkEvents::open_in(network_, kGroups));
    FLATLAN_TRY_VOID(events.leave_out(netlink_));
    events_.emplace(std::move(events));
    std::vector<int> fds{events_->fd()};
    if (const int fd = filter_.watch(); fd >= 0) fds.push_back(fd);
    FLATLAN_TRY(waits, WaitSet::of(fds));
    waits_.emplace(std::move(waits));
    return waits_->fd();
}

Result<TunnelChange> DirectBackend::apply(const TunnelWanted& wanted) {
    as_wanted_ = false;
    FLATLAN_TRY(addresses, list_addresses(netlink_));
    FLATLAN_TRY(own, find_endpoint(wanted.self.endpoint, addresses));
    FLATLAN_TRY(want, direct_state(wanted, own));
    FLATLAN_TRY(link, get_link(netlink_, own.device));
    device_ = link.name;
    index_ = link.index;
    FLATLAN_TRY(change, make(want));
    // Without it packets go all the same.
    auto filtered = filter_.ensure(direct_filter(wanted, link.index));
    uncounted_ = why_uncounted(filter_, filtered);
    if (filtered) {
        change.added += filtered.value().added;
        change.replaced += filtered.value().replaced;
        change.removed += filtered.value().removed;
    }
    as_wanted_ = true;
    return change;
}

Result<TunnelChange> DirectBackend::make(const DirectState& want) {
    // Strict: a packet is dropped whose source is not routed back to where it came from.
    std::vector<Sysctl> sysctls{{"net/ipv4/ip_forward", "1"},
                                {"net/ipv4/conf/" + device_.text() + "/rp_filter", "1"}};
    const auto ipv6 = read_sysctl(network_, "net/ipv6/conf/all/forwarding");
    if (ipv6) sysctls.push_back({"net/ipv6/conf/all/forwarding", "1"});
    FLATLAN_TRY(switched, ensure_sysctls(network_, sysctls));
    FLATLAN_TRY(have, read_state(netlink_, *index_, want.neighbours));

    TunnelChange change{.replaced = switched};
    NetlinkBatch batch;
    for (const InterfaceAddress& address : want.addresses)
        if (std::find(have.addresses.begin(), have.addresses.end(), address) ==
            have.addresses.end()) {
            replace_address(batch, address);
            ++change.added;
        }
    change.added += for_each_missing(have.neighbours, want.neighbours,
                                     [&](const auto& entry) { replace_neighbour(batch, entry); });
    change.added += for_each_missing(have.routes, want.routes,
                                     [&](const auto& entry) { replace_route(batch, entry); });
    // First all that is needed, then what is needed no more, and its next hops last.
    change.removed += for_each_surplus(have.routes, want.routes,
                                       [&](const auto& entry) { remove_route(batch, entry); });
    change.removed += for_each_surplus(have.neighbours, want.neighbours,
                                       [&](const auto& entry) { remove_neighbour(batch, entry); });
    FLATLAN_TRY_VOID(netlink_.execute(batch));
    return change;
}

void DirectBackend::unwatch() {
    waits_.reset();
    events_.reset();
    filter_.unwatch();
}

Result<bool> DirectBackend::is_untouched() {
    if (!events_) return false;
    FLATLAN_TRY(complete, events_->drain([&](const NetlinkMessageView& told) {
        if (index_ && is_news(told, *index_)) as_wanted_ = false;
    }));
    if (!complete) as_wanted_ = false;
    FLATLAN_TRY(filter_untouched, filter_.is_untouched());
    return as_wanted_ && filter_untouched;
}

Result<TunnelFigures> DirectBackend::figures(const std::optional<TunnelWanted>& peers) {
    if (!index_) return TunnelFigures{};
    FLATLAN_TRY(link, find_link(netlink_, *index_));
    if (!link) return TunnelFigures{};
    FLATLAN_TRY(offloads, offloads_in_use(network_, device_));
    const LinkStats& stats = link->stats;
    TunnelFigures figures{.sent = {stats.sent_packets, stats.sent_bytes},
                          .received = {stats.received_packets, stats.received_bytes},
                          .drops = {{"rx_dropped", stats.received_dropped},
                                    {"rx_errors", stats.received_errors},
                                    {"tx_dropped", stats.sent_dropped},
                                    {"tx_errors", stats.sent_errors}},
                          .offloads = std::move(offloads)};
    if (!uncounted_.empty()) figures.notes.push_back(uncounted_);
    if (peers) FLATLAN_TRY_VOID(add_direct_counts(filter_, *peers, figures));
    return figures;
}

Result<void> DirectBackend::remove() {
    as_wanted_ = false;
    const auto index = std::exchange(index_, std::nullopt);
    if (!index) return success();
    FLATLAN_TRY(have, read_state(netlink_, *index, {}));
    NetlinkBatch batch;
    for (const Route& route : have.routes)
        remove_route(batch, route);
    for (const Neighbour& neighbour : have.neighbours)
        remove_neighbour(batch, neighbour);
    FLATLAN_TRY_VOID(netlink_.execute(batch));
    return filter_.remove();
}

}  // namespace flatlan::tunnel
