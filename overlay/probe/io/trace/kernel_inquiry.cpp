#include "overlay/probe/io/trace/kernel_inquiry.hpp"

#include <net/if.h>

#include <cerrno>
#include <charconv>

#include "overlay/linux/address.hpp"
#include "overlay/linux/fdb.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/link_peer.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/nexthop.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/route_lookup.hpp"
#include "overlay/linux/sysctl.hpp"

namespace flatlan::trace {
namespace {

bool is_usable(NeighbourState state) {
    return state != NeighbourState::failed && state != NeighbourState::incomplete &&
           state != NeighbourState::none;
}

RouteOutcome outcome_of(const RouteDecision& decision) {
    switch (decision.refused_errno) {
        case 0:
            return decision.local ? RouteOutcome::local : RouteOutcome::forward;
        case EACCES:
            return RouteOutcome::prohibited;
        case EINVAL:
        case EXDEV:
            return RouteOutcome::discarded;
        default:
            return RouteOutcome::none;
    }
}

/// Whether there should be a cable between the two.
bool should_be_connected(const Atlas& atlas, PlaceId one, PlaceId other) {
    if (atlas.at(one).node == other || atlas.at(other).node == one) return true;
    const auto is_node = [&](PlaceId place) { return atlas.at(place).kind == PlaceKind::node; };
    return (one == atlas.underlay && is_node(other)) || (other == atlas.underlay && is_node(one));
}

LinkFacts facts_of(const Link& link) {
    LinkFacts facts{.index = link.index, .name = link.name.text()};
    facts.up = link.is_up();
    // Not IFF_RUNNING: that follows the carrier up to a second later (linkwatch).
    facts.running = link.has_carrier();
    facts.loopback = (link.flags & IFF_LOOPBACK) != 0;
    facts.mtu = link.mtu.value();
    facts.mac = link.mac;
    facts.has_other_end = link.kind == "veth";
    facts.bridge = link.kind == "bridge";
    facts.master = link.master;
    if (link.vxlan) facts.vxlan = VxlanFacts{link.vxlan->vni, link.vxlan->port, link.vxlan->local};
    return facts;
}

Result<std::vector<RouteFacts>> read_routes(Netlink& netlink) {
    FLATLAN_TRY(routes, list_routes(netlink));
    std::vector<RouteFacts> facts;
    facts.reserve(routes.size());
    for (const Route& route : routes) {
        const bool refuses = route.type != RouteType::unicast && route.type != RouteType::local;
        facts.push_back({.destination = route.destination,
                         .device = refuses ? std::nullopt : route.device,
                         .via = route.via,
                         .refuses = refuses,
                         .metric = route.metric,
                         .last_resort = refuses && route.metric == kLastMetric});
    }
    return facts;
}

}  // namespace

KernelInquiry::KernelInquiry(const Atlas& atlas, std::span<const std::optional<Namespace>> networks)
    : atlas_{atlas}, networks_{networks}, known_(networks.size()) {}

Result<Netlink*> KernelInquiry::netlink_of(PlaceId place) {
    Known& known = known_[place.value()];
    if (!known.netlink) {
        const auto& network = networks_[place.value()];
        if (!network) return Error{ErrorCode::not_found, "the network namespace is gone"};
        FLATLAN_TRY(netlink, Netlink::open_in(*network));
        known.netlink.emplace(std::move(netlink));
    }
    return &*known.netlink;
}

Result<std::map<std::int32_t, PlaceId>> KernelInquiry::find_networks(
    PlaceId place, Netlink& netlink, std::set<std::int32_t> numbers) {
    std::map<std::int32_t, PlaceId> found;
    // Where cables should lead first: in a large network that saves nearly all questions.
    for (const bool likely : {true, false})
        for (std::uint32_t i = 0; i < networks_.size() && !numbers.empty(); ++i) {
            const PlaceId other{i};
            if (other == place || !networks_[i]) continue;
            if (should_be_connected(atlas_, place, other) != likely) continue;
            FLATLAN_TRY(number, find_network_id(netlink, *networks_[i]));
            if (number && numbers.erase(*number) > 0) found.emplace(*number, other);
        }
    return found;
}

Result<std::vector<LinkFacts>> KernelInquiry::read_links(PlaceId place, Netlink& netlink) {
    FLATLAN_TRY(links, list_links(netlink));
    FLATLAN_TRY(peers, list_link_peers(netlink));
    std::set<std::int32_t> wanted;
    for (const auto& [index, peer] : peers)
        if (peer.network) wanted.insert(*peer.network);
    FLATLAN_TRY(numbers, find_networks(place, netlink, std::move(wanted)));
    std::vector<LinkFacts> facts;
    facts.reserve(links.size());
    for (const Link& link : links) {
        LinkFacts each = facts_of(link);
        const auto peer = peers.find(link.index);
        if (each.has_other_end && peer != peers.end()) {
            const auto& [index, network] = peer->second;
            const auto other = network ? numbers.find(*network) : numbers.end();
            if (!network)
                each.other_end = LinkAt{place, index};
            else if (other != numbers.end())
                each.other_end = LinkAt{other->second, index};
        }
        facts.push_back(std::move(each));
    }
    return facts;
}

Result<const PlaceFacts*> KernelInquiry::facts(PlaceId place) {
    Known& known = known_[place.value()];
    if (known.facts) return &*known.facts;
    FLATLAN_TRY(netlink, netlink_of(place));
    PlaceFacts read;
    FLATLAN_TRY(links, read_links(place, *netlink));
    read.links = std::move(links);
    FLATLAN_TRY(neighbours, list_neighbours(*netlink));
    for (const Neighbour& entry : neighbours)
        read.neighbours.push_back({entry.address, entry.device, entry.mac, is_usable(entry.state)});
    for (const LinkFacts& link : read.links) {
        if (!link.vxlan) continue;
        FLATLAN_TRY(entries, list_fdb_entries(*netlink, link.index));
        for (const FdbEntry& entry : entries)
            read.fdb.push_back({entry.device, entry.mac, entry.remote});
    }
    FLATLAN_TRY(addresses, list_addresses(*netlink));
    for (const InterfaceAddress& held : addresses)
        read.addresses.push_back({held.address, held.device, held.length_bits});
    FLATLAN_TRY(routes, read_routes(*netlink));
    read.routes = std::move(routes);
    FLATLAN_TRY(rules, list_policy_rules(*netlink));
    for (const PolicyRule& rule : rules)
        read.rules.push_back({rule.family, rule.priority, rule.table});
    known.facts.emplace(std::move(read));
    return &*known.facts;
}

Result<RouteAnswer> KernelInquiry::route(PlaceId place, const RouteAsked& asked) {
    Known& known = known_[place.value()];
    if (const auto at = known.routes.find(asked); at != known.routes.end()) return at->second;
    FLATLAN_TRY(netlink, netlink_of(place));
    auto decided = look_up_route(*netlink, {asked.destination, asked.source, asked.input});
    if (!decided) return std::move(decided).error();
    const RouteDecision& decision = decided.value();
    const RouteAnswer answer{.outcome = outcome_of(decision),
                             .device = decision.device,
                             .via = decision.via,
                             .mtu = decision.mtu,
                             .table = decision.table};
    known.routes.emplace(asked, answer);
    return answer;
}

Result<std::optional<int>> KernelInquiry::setting(PlaceId place, const std::string& path) {
    Known& known = known_[place.value()];
    if (const auto at = known.settings.find(path); at != known.settings.end()) return at->second;
    const auto& network = networks_[place.value()];
    if (!network) return Error{ErrorCode::not_found, "the network namespace is gone"};
    std::optional<int> value;
    const auto text = read_sysctl(*network, path);
    if (!text && text.error().code() != ErrorCode::not_found) return text.error();
    if (text) {
        int number = 0;
        const std::string& digits = text.value();
        const auto [end, failed] =
            std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (failed == std::errc{} && end == digits.data() + digits.size()) value = number;
    }
    known.settings.emplace(path, value);
    return value;
}

}  // namespace flatlan::trace
