#include "overlay/probe/trace/expected.hpp"

#include <algorithm>

#include "overlay/base/link_local.hpp"

namespace flatlan::trace {
namespace {

using LinkPointer = const LinkFacts*;

/// A pod's, or a node's to the underlay: the first that is one end of a pair and leads there.
Result<LinkPointer> link_towards(const Ground& ground, PlaceId place,
                                 std::optional<PlaceId> other) {
    FLATLAN_TRY(facts, ground.inquiry.facts(place));
    for (const LinkFacts& link : facts->links)
        if (link.other_end && link.other_end->place == other) return &link;
    // Where nobody can look at the other side, any pair will do.
    for (const LinkFacts& link : facts->links)
        if (!other && link.has_other_end) return &link;
    return LinkPointer{nullptr};
}

/// The end of the cable between two places that is in `place`, looked up from the other side,
/// which has few links where `place` may have thousands.
Result<LinkPointer> near_end(const Ground& ground, PlaceId place, PlaceId far) {
    FLATLAN_TRY(far_link, link_towards(ground, far, place));
    if (far_link == nullptr) return LinkPointer{nullptr};
    return other_end_of(ground, *far_link);
}

std::optional<IpAddress> gateway_with(const PlaceFacts& facts, const LinkFacts& link,
                                      IpFamily family, const std::optional<MacAddress>& mac) {
    for (const NeighbourFacts& entry : facts.neighbours)
        if (entry.device == link.index && entry.usable && entry.mac == mac &&
            (entry.address.family() == family || entry.address.is_ipv6()))
            return entry.address;
    return std::nullopt;
}

bool is_link_local(const IpAddress& address) {
    return address.is_ipv4() ? address.ipv4().is_link_local() : address.ipv6().is_link_local();
}

/// A program that reads the other end of a pair has one next hop for all, which is no address of
/// anybody's; one that reads the device itself has none. (Of addresses that somebody has, the
/// kernel may have learnt neighbours besides, when a route did lead there without a next hop.)
std::optional<IpAddress> next_hop_for_all(const PlaceFacts& facts, const LinkFacts& link,
                                          IpFamily family) {
    for (const NeighbourFacts& entry : facts.neighbours)
        if (entry.device == link.index && entry.usable && entry.address.family() == family &&
            is_link_local(entry.address))
            return entry.address;
    return std::nullopt;
}

/// The prefix that an address of the link puts on it and that has `address` in it.
std::optional<IpPrefix> connected_prefix(const PlaceFacts& facts, const LinkFacts& link,
                                         const IpAddress& address) {
    for (const AddressFacts& held : facts.addresses) {
        if (held.device != link.index || held.address.family() != address.family()) continue;
        if (held.length_bits == 0 || held.length_bits == address_bits(held.address.family()))
            continue;
        const IpPrefix prefix = IpPrefix::containing(held.address, held.length_bits);
        if (prefix.contains(address)) return prefix;
    }
    return std::nullopt;
}

std::optional<IpPrefix> block_of(const Place& node, const IpAddress& address) {
    const auto block = std::ranges::find_if(
        node.blocks, [&](const IpPrefix& each) { return each.contains(address); });
    return block == node.blocks.end() ? std::nullopt : std::optional{*block};
}

/// Whether it has one way out: a pod, or a node on the underlay.
bool is_leaf(const Ground& ground, const Passage& at) {
    const PlaceKind kind = ground.at(at.place).kind;
    return kind == PlaceKind::pod || (at.outer && kind == PlaceKind::node);
}

}  // namespace

Result<std::optional<IpAddress>> gateway_of(const Ground& ground, const Passage& at,
                                            const LinkFacts& link) {
    std::optional<IpAddress> gateway;
    if (!is_leaf(ground, at) || !link.other_end || !ground.at(link.other_end->place).present)
        return gateway;
    FLATLAN_TRY(facts, ground.inquiry.facts(link.other_end->place));
    if (facts->bridge_link() == nullptr) gateway = ground.at(at.place).gateways.find(at.family());
    return gateway;
}

Result<const LinkFacts*> other_end_of(const Ground& ground, const LinkFacts& link) {
    if (!link.other_end || !ground.at(link.other_end->place).present) return LinkPointer{nullptr};
    FLATLAN_TRY(facts, ground.inquiry.facts(link.other_end->place));
    return facts->link(link.other_end->index);
}

Result<const LinkFacts*> tunnel_of(const Ground& ground, PlaceId node) {
    FLATLAN_TRY(facts, ground.inquiry.facts(node));
    if (ground.at(node).carrier == Carrier::vxlan) return facts->vxlan_link();
    return facts->link(ground.atlas.tunnel_device);
}

Result<const LinkFacts*> underlay_link(const Ground& ground, PlaceId node) {
    FLATLAN_TRY(facts, ground.inquiry.facts(node));
    const auto held = std::ranges::find_if(facts->addresses, [&](const AddressFacts& each) {
        return ground.at(node).endpoint == each.address;
    });
    return held == facts->addresses.end() ? nullptr : facts->link(held->device);
}

bool enters_tunnel(const Ground& ground, const Passage& at) {
    const Place& place = ground.at(at.place);
    return !at.outer && place.kind == PlaceKind::node && place.carrier != Carrier::plain &&
           ground.atlas.node_of(at.goal) != at.place;
}

Result<const LinkFacts*> expected_link(const Ground& ground, const Passage& at) {
    if (at.place == at.goal) return LinkPointer{nullptr};
    switch (ground.at(at.place).kind) {
        case PlaceKind::pod:
            return link_towards(ground, at.place, ground.at(at.place).node);
        case PlaceKind::node:
            if (enters_tunnel(ground, at)) return tunnel_of(ground, at.place);
            if (!at.outer && ground.atlas.node_of(at.goal) == at.place)
                return near_end(ground, at.place, at.goal);
            if (!ground.atlas.underlay) {
                FLATLAN_TRY(own, underlay_link(ground, at.place));
                if (own != nullptr) return own;
            }
            return link_towards(ground, at.place, ground.atlas.underlay);
        case PlaceKind::underlay:
            return near_end(ground, at.place, ground.atlas.node_of(at.goal));
    }
    return LinkPointer{nullptr};
}

Result<ExpectedRoute> expected_route(const Ground& ground, const Passage& at,
                                     const LinkFacts& link) {
    FLATLAN_TRY(facts, ground.inquiry.facts(at.place));
    const IpPrefix host = IpPrefix::host(at.destination);
    if (enters_tunnel(ground, at)) {
        const PlaceId node = ground.atlas.node_of(at.goal);
        FLATLAN_TRY(far, tunnel_of(ground, node));
        ExpectedRoute route{block_of(ground.at(node), at.destination).value_or(host), std::nullopt};
        if (ground.at(at.place).carrier == Carrier::opaque) {
            if (link.has_other_end) route.via = next_hop_for_all(*facts, link, at.family());
            return route;
        }
        if (far == nullptr || !far->mac) return route;
        route.via = gateway_with(*facts, link, at.family(), far->mac)
                        .value_or(IpAddress{link_local_from(*far->mac)});
        return route;
    }
    const PlaceId node = ground.atlas.node_of(at.goal);
    const Place& place = ground.at(at.place);
    if (!at.outer && place.carrier == Carrier::plain && place.kind == PlaceKind::node &&
        node != at.place) {
        // On the link that nodes share: the peer itself is the next hop, by its MAC address where
        // its endpoint is of the other family.
        ExpectedRoute route{block_of(ground.at(node), at.destination).value_or(host), std::nullopt};
        const auto& endpoint = ground.at(node).endpoint;
        if (endpoint && endpoint->family() == at.family()) route.via = endpoint;
        FLATLAN_TRY(far, link_towards(ground, node, ground.atlas.underlay));
        if (!route.via && far != nullptr && far->mac) route.via = link_local_from(*far->mac);
        return route;
    }
    if (!is_leaf(ground, at)) return ExpectedRoute{host, std::nullopt};
    if (const auto prefix = connected_prefix(*facts, link, at.destination))
        return ExpectedRoute{*prefix, std::nullopt};
    // A pod's or a node's only way out: to all that the route that refuses covers, else everything.
    FLATLAN_TRY(gateway, gateway_of(ground, at, link));
    FLATLAN_TRY(far, other_end_of(ground, link));
    const RouteFacts* const covering = facts->best_route(at.destination);
    const IpPrefix prefix = covering != nullptr && covering->refuses
                                ? covering->destination
                                : IpPrefix::containing(at.destination, 0);
    if (gateway) return ExpectedRoute{prefix, gateway};
    return ExpectedRoute{
        prefix, far == nullptr ? std::nullopt : gateway_with(*facts, link, at.family(), far->mac)};
}

}  // namespace flatlan::trace
