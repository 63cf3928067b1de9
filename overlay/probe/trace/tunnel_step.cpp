#include "overlay/probe/trace/tunnel_step.hpp"

#include <algorithm>

#include "overlay/base/text.hpp"
#include "overlay/probe/trace/blame.hpp"
#include "overlay/probe/trace/mend.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;

/// The outer IP header, UDP, VXLAN and the inner Ethernet header (RFC 7348, section 5).
constexpr std::uint32_t kOverheadIpv4 = 50;
constexpr std::uint32_t kOverheadIpv6 = 70;

Fault neighbour_fault(const Ground& ground, PlaceId place, const LinkFacts& link,
                      const IpAddress& next_hop, const NeighbourFacts* entry,
                      const MacAddress& right) {
    const std::string& name = ground.at(place).name;
    Fault fault{entry == nullptr ? Verdict::neighbour_missing : Verdict::neighbour_wrong,
                place,
                {},
                {},
                mend_neighbour(ground, place, link, next_hop, right)};
    if (entry == nullptr) {
        fault.reason =
            name + " does not know the MAC address of " + to_string(next_hop) + " on " + link.name;
        fault.evidence = {"no usable neighbour entry of " + name + " for " + to_string(next_hop) +
                          " dev " + link.name};
    } else {
        fault.reason =
            name + " has a wrong MAC address for " + to_string(next_hop) + " on " + link.name;
        fault.evidence = {"neighbour entry " + to_string(next_hop) + " lladdr " +
                          to_string(entry->mac) + " dev " + link.name + " of " + name + ", where " +
                          to_string(right) + " is behind it"};
    }
    return fault;
}

const NeighbourFacts* usable(const PlaceFacts& facts, const LinkFacts& link,
                             const IpAddress& address) {
    const NeighbourFacts* const entry = facts.neighbour(link.index, address);
    return entry != nullptr && entry->usable ? entry : nullptr;
}

/// Neighbour discovery sends from a link-local address (RFC 4861, section 4.3), ARP from any.
bool can_ask(const PlaceFacts& facts, const LinkFacts& link, IpFamily family) {
    return family == IpFamily::ipv4 ||
           std::ranges::any_of(facts.addresses, [&](const AddressFacts& held) {
               return held.device == link.index && held.address.is_ipv6() &&
                      held.address.ipv6().is_link_local();
           });
}

/// Whether another next hop of the link is the one that the place should use.
bool has_right_neighbour(const PlaceFacts& facts, const LinkFacts& link, const MacAddress& mac,
                         const IpAddress& instead_of) {
    return std::ranges::any_of(facts.neighbours, [&](const NeighbourFacts& entry) {
        return entry.device == link.index && entry.mac == mac && entry.usable &&
               entry.address != instead_of && entry.address.family() == instead_of.family();
    });
}

/// What the table behind the MAC address says, against where the node really is.
std::optional<Fault> blame_fdb(const Ground& ground, const Passage& at, const LinkFacts& link,
                               const PlaceFacts& facts, const MacAddress& mac, PlaceId node) {
    const auto& endpoint = ground.at(node).endpoint;
    const FdbFacts* const entry = facts.fdb_entry(link.index, mac);
    if (!endpoint || (entry != nullptr && entry->remote == *endpoint)) return std::nullopt;
    const std::string& name = ground.at(at.place).name;
    Fault fault{entry == nullptr ? Verdict::fdb_missing : Verdict::fdb_wrong,
                at.place,
                {},
                {},
                mend_fdb(ground, at.place, link, mac, *endpoint)};
    if (entry == nullptr) {
        fault.reason = "the tunnel of " + name + " does not know behind which endpoint " +
                       ground.at(node).name + " is";
        fault.evidence = {"no forwarding entry for " + to_string(mac) + " on " + link.name +
                          " of " + name};
    } else {
        fault.reason = "the tunnel of " + name + " sends what is for " + ground.at(node).name +
                       " to " + to_string(entry->remote);
        fault.evidence = {"forwarding entry " + to_string(mac) + " dst " +
                          to_string(entry->remote) + " on " + link.name + " of " + name +
                          ", where " + ground.at(node).name + " has " + to_string(*endpoint)};
    }
    return fault;
}

Fault no_far_tunnel(const Ground& ground, PlaceId node) {
    const std::string& name = ground.at(node).name;
    return {Verdict::tunnel_missing,
            node,
            name + " has no tunnel device",
            {"no VXLAN device among the interfaces of " + name},
            ground.atlas.repair_command};
}

}  // namespace

Result<std::optional<Fault>> blame_neighbour(const Ground& ground, const Passage& at,
                                             const RouteAnswer& answer, const LinkFacts& link,
                                             const FarEnd& far) {
    std::optional<Fault> fault;
    if (far.link == nullptr || !far.link->mac) return fault;
    const MacAddress& right = *far.link->mac;
    FLATLAN_TRY(facts, ground.inquiry.facts(at.place));
    const IpAddress next_hop = answer.via.value_or(at.destination);
    const NeighbourFacts* const entry = usable(*facts, link, next_hop);
    if (entry != nullptr && entry->mac == right) return fault;
    FLATLAN_TRY(gateway, gateway_of(ground, at, link));
    FLATLAN_TRY(there, ground.inquiry.facts(far.place));
    // Whom the kernel can ask, it asks.
    const bool asks = there->has_address(next_hop) && can_ask(*facts, link, next_hop.family());
    const bool is_detour =
        gateway ? *gateway != next_hop
                : entry == nullptr && has_right_neighbour(*facts, link, right, next_hop);
    if (is_detour) {
        FLATLAN_TRY(detour, blame_detour(ground, at, answer, link));
        fault = std::move(detour);
        return fault;
    }
    if (entry == nullptr && asks) return fault;
    fault = neighbour_fault(ground, at.place, link, next_hop, entry, right);
    return fault;
}

Result<std::optional<Fault>> blame_switch(const Ground& ground, PlaceId place,
                                          const LinkFacts& bridge, const LinkFacts& entry,
                                          const LinkFacts& exit) {
    FLATLAN_TRY(down, blame_link(ground, place, bridge));
    for (const LinkFacts* const port : {&entry, &exit}) {
        if (!down && port->master != bridge.index)
            down = Fault{
                Verdict::underlay_unreachable,
                place,
                port->name + " of " + ground.at(place).name + " is not connected to " + bridge.name,
                {port->name + " of " + ground.at(place).name + " has another master"},
                run_at(ground, place,
                       "ip link set " + shell_word(port->name) + " master " +
                           shell_word(bridge.name))};
        if (down) return down;
        FLATLAN_TRY(port_down, blame_link(ground, place, *port));
        down = std::move(port_down);
    }
    return down;
}

Result<Crossing> prepare_crossing(const Ground& ground, const Passage& at,
                                  const RouteAnswer& answer, const LinkFacts& link) {
    const PlaceId node = ground.atlas.node_of(at.goal);
    Crossing crossing{.fault = std::nullopt, .outer = at, .overhead = kOverheadIpv4};
    FLATLAN_TRY(facts, ground.inquiry.facts(at.place));
    FLATLAN_TRY(far, tunnel_of(ground, node));
    const auto& endpoint = ground.at(node).endpoint;
    IpAddress remote = endpoint.value_or(IpAddress{Ipv4Address{}});
    IpAddress local = ground.at(at.place).endpoint.value_or(remote);
    if (link.vxlan && far != nullptr && far->mac) {
        const IpAddress next_hop = answer.via.value_or(at.destination);
        const NeighbourFacts* const entry = usable(*facts, link, next_hop);
        if (entry == nullptr || entry->mac != *far->mac) {
            FLATLAN_TRY(right, expected_route(ground, at, link));
            if (right.via && *right.via != next_hop) {
                FLATLAN_TRY(detour, blame_detour(ground, at, answer, link));
                crossing.fault = std::move(detour);
            } else {
                crossing.fault =
                    neighbour_fault(ground, at.place, link, next_hop, entry, *far->mac);
            }
            return crossing;
        }
        crossing.fault = blame_fdb(ground, at, link, *facts, entry->mac, node);
    }
    if (link.vxlan) local = link.vxlan->local;
    if (local.is_ipv6()) crossing.overhead = kOverheadIpv6;
    crossing.outer = Passage{at.place, std::nullopt, local, remote, node, true};
    return crossing;
}

Result<std::optional<Fault>> blame_far_tunnel(const Ground& ground, PlaceId near_node,
                                              const LinkFacts& near, PlaceId far_node,
                                              const LinkFacts* tunnel) {
    std::optional<Fault> fault;
    if (tunnel == nullptr) {
        fault = no_far_tunnel(ground, far_node);
        return fault;
    }
    FLATLAN_TRY(down, blame_link(ground, far_node, *tunnel));
    if (down || !near.vxlan || !tunnel->vxlan) return down;
    const VxlanFacts& here = *near.vxlan;
    const VxlanFacts& there = *tunnel->vxlan;
    if (here.vni != there.vni) {
        const PlaceId odd = here.vni == ground.atlas.vni ? far_node : near_node;
        fault = Fault{Verdict::vni_mismatch,
                      odd,
                      "the tunnel of " + ground.at(odd).name + " has another VNI than the others",
                      {near.name + " of " + ground.at(near_node).name + " has VNI " +
                           std::to_string(here.vni.value()),
                       tunnel->name + " of " + ground.at(far_node).name + " has VNI " +
                           std::to_string(there.vni.value())},
                      ground.atlas.repair_command};
    } else if (here.port != there.port) {
        const PlaceId odd = here.port == ground.atlas.tunnel_port ? far_node : near_node;
        fault = Fault{Verdict::tunnel_port_blocked,
                      odd,
                      "the tunnel of " + ground.at(odd).name + " uses another UDP port",
                      {near.name + " of " + ground.at(near_node).name + " sends to port " +
                           std::to_string(here.port.value()),
                       tunnel->name + " of " + ground.at(far_node).name + " listens on port " +
                           std::to_string(there.port.value())},
                      ground.atlas.repair_command};
    }
    return fault;
}

}  // namespace flatlan::trace
