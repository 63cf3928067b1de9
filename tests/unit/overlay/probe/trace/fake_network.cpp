#include "tests/unit/overlay/probe/trace/fake_network.hpp"

#include <algorithm>

namespace flatlan::trace {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::from_text(text).value(); }
IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }

MacAddress tunnel_mac(PlaceId node) { return mac_of(1000 + node.value()); }

}  // namespace

FakeNetwork::FakeNetwork() {
    for (const char* const pod :
         {"default/pod-1", "default/pod-2", "default/pod-3", "default/pod-4"})
        add_place(pod, PlaceKind::pod);
    add_place("node/n1", PlaceKind::node);
    add_place("node/n2", PlaceKind::node);
    add_place("underlay", PlaceKind::underlay);
    atlas.underlay = kUnderlay;
    atlas.repair_command = "flatlan repair";
    const auto name = [&](PlaceId place, std::string_view address) {
        atlas.places[place.value()].addresses.set(ip(address));
    };
    name(kPod1, "10.244.0.1");
    name(kPod3, "10.244.0.2");
    name(kPod2, "10.244.0.65");
    name(kPod4, "10.244.0.66");
    name(kNode1, "10.244.0.0");
    name(kNode2, "10.244.0.64");
    for (const PlaceId node : {kNode1, kNode2}) {
        Place& place = atlas.places[node.value()];
        const bool first = node == kNode1;
        place.endpoint = ip(first ? "172.31.0.1" : "172.31.0.2");
        place.blocks = {prefix(first ? "10.244.0.0/26" : "10.244.0.64/26")};
        at(node).addresses.push_back({*place.addresses.find(IpFamily::ipv4), IfIndex{1}});
        at(node).routes.push_back({.destination = prefix("10.244.0.0/16"), .refuses = true});
        connect(kUnderlay, first ? "u1" : "u2", node, "eth0", ip("169.254.1.1"), *place.endpoint);
    }
    for (const PlaceId pod : {kPod1, kPod3, kPod2, kPod4}) {
        const bool first = pod == kPod1 || pod == kPod3;
        const PlaceId node = first ? kNode1 : kNode2;
        atlas.places[pod.value()].node = node;
        connect(node, pod == kPod1 || pod == kPod2 ? "p1" : "p2", pod, "eth0", ip("169.254.1.1"),
                pod_address(pod));
        at(pod).routes.push_back(
            {.destination = prefix("10.244.0.0/16"), .refuses = true, .metric = 9});
    }
    add_tunnel(kNode1, kNode2);
    add_tunnel(kNode2, kNode1);
}

void FakeNetwork::add_place(const std::string& name, PlaceKind kind) {
    atlas.places.push_back({.name = name, .kind = kind, .command_prefix = "at " + name + ":"});
    places.emplace_back();
    places.back().links.push_back(
        {.index = IfIndex{1}, .name = "lo", .loopback = true, .mtu = 65536});
}

void FakeNetwork::connect(PlaceId near, const std::string& near_name, PlaceId far,
                          const std::string& far_name, const IpAddress& gateway,
                          const IpAddress& far_address) {
    const auto add = [&](PlaceId place, const std::string& name) -> LinkFacts& {
        auto& links = at(place).links;
        const auto index = static_cast<int>(links.size()) + 1;
        links.push_back({.index = IfIndex{index}, .name = name, .has_other_end = true});
        links.back().mac = mac_of(place.value() * 100 + static_cast<unsigned>(index));
        return links.back();
    };
    const IfIndex near_index = add(near, near_name).index;
    const IfIndex far_index = add(far, far_name).index;
    link(near, near_name).other_end = LinkAt{far, far_index};
    link(far, far_name).other_end = LinkAt{near, near_index};
    at(near).neighbours.push_back({far_address, near_index, *link(far, far_name).mac});
    at(far).neighbours.push_back({gateway, far_index, *link(near, near_name).mac});
    at(near).routes.push_back({.destination = IpPrefix::host(far_address), .device = near_index});
    at(far).routes.push_back(
        {.destination = prefix("0.0.0.0/0"), .device = far_index, .via = gateway});
    if (atlas.at(far).kind == PlaceKind::pod)
        at(far).routes.push_back(
            {.destination = prefix("10.244.0.0/16"), .device = far_index, .via = gateway});
    at(far).addresses.push_back({far_address, far_index});
}

void FakeNetwork::add_tunnel(PlaceId node, PlaceId peer) {
    auto& links = at(node).links;
    const IfIndex index{static_cast<int>(links.size()) + 1};
    links.push_back({.index = index, .name = "flat0", .mtu = 1450, .mac = tunnel_mac(node)});
    links.back().vxlan = VxlanFacts{.local = *atlas.at(node).endpoint};
    const IpAddress gateway = link_local_from(tunnel_mac(peer));
    at(node).neighbours.push_back({gateway, index, tunnel_mac(peer)});
    at(node).fdb.push_back({index, tunnel_mac(peer), *atlas.at(peer).endpoint});
    at(node).routes.push_back(
        {.destination = atlas.at(peer).blocks.front(), .device = index, .via = gateway});
}

void FakeNetwork::hide_underlay() {
    atlas.underlay.reset();
    for (const PlaceId node : {kNode1, kNode2})
        link(node, "eth0").other_end.reset();
}

void FakeNetwork::make_switch() {
    PlaceFacts& underlay = at(kUnderlay);
    const IfIndex bridge{static_cast<int>(underlay.links.size()) + 1};
    underlay.links.push_back({.index = bridge, .name = "br0", .bridge = true});
    underlay.routes.clear();
    underlay.neighbours.clear();
    link(kUnderlay, "u1").master = link(kUnderlay, "u2").master = bridge;
    for (const PlaceId node : {kNode1, kNode2}) {
        const PlaceId peer = node == kNode1 ? kNode2 : kNode1;
        const IfIndex own = link(node, "eth0").index;
        std::erase_if(at(node).routes,
                      [&](const RouteFacts& route) { return route.device == own; });
        std::erase_if(at(node).neighbours,
                      [&](const NeighbourFacts& entry) { return entry.device == own; });
        at(node).routes.push_back({.destination = prefix("172.31.0.0/24"), .device = own});
        at(node).neighbours.push_back({*atlas.at(peer).endpoint, own, *link(peer, "eth0").mac});
        for (AddressFacts& held : at(node).addresses)
            if (held.device == own) held.length_bits = 24;
    }
}

void FakeNetwork::make_tunnels_programs(TunnelDevice device) {
    const bool pair = device == TunnelDevice::pair;
    for (const PlaceId node : {kNode1, kNode2}) {
        atlas.places[node.value()].carrier = Carrier::opaque;
        const IfIndex tunnel = link(node, "flat0").index;
        link(node, "flat0").vxlan.reset();
        link(node, "flat0").has_other_end = pair;
        if (!pair) link(node, "flat0").mac.reset();
        at(node).fdb.clear();
        std::erase_if(at(node).neighbours,
                      [&](const NeighbourFacts& entry) { return entry.device == tunnel; });
        if (pair) at(node).neighbours.push_back({ip("169.254.1.2"), tunnel, mac_of(7)});
        for (RouteFacts& route : at(node).routes)
            if (route.device == tunnel)
                route.via = pair ? std::optional{ip("169.254.1.2")} : std::nullopt;
    }
}

LinkFacts& FakeNetwork::link(PlaceId place, const std::string& name) {
    return *std::ranges::find(at(place).links, name, &LinkFacts::name);
}

Result<RouteAnswer> FakeNetwork::route(PlaceId place, const RouteAsked& asked) {
    if (const auto refused = refusals.find({place, asked.destination}); refused != refusals.end())
        return RouteAnswer{.outcome = refused->second};
    if (at(place).has_address(asked.destination))
        return RouteAnswer{.outcome = RouteOutcome::local, .device = IfIndex{1}};
    const RouteFacts* const best = at(place).best_route(asked.destination);
    if (best == nullptr || best->refuses) return RouteAnswer{};
    return RouteAnswer{RouteOutcome::forward, best->device, best->via};
}

Result<std::optional<int>> FakeNetwork::setting(PlaceId place, const std::string& path) {
    const auto known = settings.find({place, path});
    if (known != settings.end()) return std::optional{known->second};
    return std::optional{path.ends_with("rp_filter") ? 0 : 1};
}

}  // namespace flatlan::trace
