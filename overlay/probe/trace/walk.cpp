#include "overlay/probe/trace/walk.hpp"

#include <algorithm>
#include <array>

#include "overlay/probe/trace/blame.hpp"
#include "overlay/probe/trace/mend.hpp"
#include "overlay/probe/trace/tunnel_step.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;

/// More places than any way has, tunnels included: a walk that is longer goes in circles.
constexpr std::size_t kHopsMax = 32;

class Walker {
public:
    Walker(const Atlas& atlas, Inquiry& inquiry) : ground_{atlas, inquiry} {}

    Result<void> run(const Flow& flow);
    Walk take() { return std::move(walk_); }

private:
    /// Takes the packet one place on; false when it has ended.
    Result<bool> step(Passage& at);
    Result<bool> deliver(const Passage& at);
    Result<bool> enter(const Passage& at, const RouteAnswer& answer, bool& stopped);
    Result<bool> leave(Passage& at, const RouteAnswer& answer);
    Result<bool> cross_cable(Passage& at, const RouteAnswer& answer, const LinkFacts& link);
    Result<bool> cross_unseen(Passage& at);
    Result<bool> cross_switch(Passage& at, const RouteAnswer& answer, const LinkFacts& link,
                              const LinkFacts& entry, const LinkFacts& bridge);
    Result<bool> cross_tunnel(Passage& at, const RouteAnswer& answer, const LinkFacts& link);

    /// Goes on to the other end of the cable that the last hop went out by.
    void arrive(Passage& at, PlaceId place, IfIndex input, const LinkFacts* link) {
        // What comes in by a veth may not be larger than its MTU either (is_skb_forwardable).
        Hop& hop = walk_.hops.back();
        if (link != nullptr && link->mtu < hop.mtu) {
            hop.mtu = link->mtu;
            hop.mtu_place = place;
            hop.mtu_device = link->name;
        }
        at.place = place;
        at.input = input;
    }
    void fail(Fault fault) { walk_.fault = std::move(fault); }
    bool failed() const { return walk_.fault.has_value(); }
    bool fail_if(std::optional<Fault> fault) {
        if (fault) fail(std::move(*fault));
        return failed();
    }
    const std::string& name(PlaceId place) const { return ground_.at(place).name; }
    void note(const Passage& at, const LinkFacts& link, Action action, std::string evidence) {
        walk_.hops.push_back({.place = at.place,
                              .device = link.name,
                              .action = action,
                              .outer = at.outer,
                              .overhead = at.outer ? overhead_ : 0,
                              .evidence = std::move(evidence),
                              .mtu = link.mtu});
    }
    bool missing(PlaceId place) {
        if (ground_.at(place).present) return false;
        fail({Verdict::pod_missing,
              place,
              "the network namespace of " + name(place) + " is gone",
              {"nobody holds a network namespace for " + name(place)},
              {}});
        return true;
    }

    Ground ground_;
    Walk walk_;
    std::uint32_t overhead_ = 0;  ///< of the tunnel under way
};

Result<void> Walker::run(const Flow& flow) {
    if (missing(flow.from) || missing(flow.to)) return success();
    FLATLAN_TRY(facts, ground_.inquiry.facts(flow.from));
    Passage at{flow.from, std::nullopt, flow.source, flow.destination, flow.to};
    if (!facts->has_address(flow.source)) {
        Passage source = at;
        source.destination = flow.source;
        FLATLAN_TRY(fault, blame_missing_address(ground_, source));
        fail(std::move(fault));
        return success();
    }
    for (std::size_t hops = 0; hops < kHopsMax; ++hops) {
        FLATLAN_TRY(goes_on, step(at));
        if (!goes_on) return success();
    }
    fail({Verdict::ttl_expired,
          at.place,
          "the packet goes in circles through " + name(at.place),
          {},
          {}});
    return success();
}

Result<bool> Walker::step(Passage& at) {
    walk_.places.push_back(at.place);
    FLATLAN_TRY(answer, ground_.inquiry.route(at.place, {at.destination, at.source, at.input}));
    if (at.input) {
        bool stopped = false;
        FLATLAN_TRY(taken, enter(at, answer, stopped));
        if (stopped) return taken;
    }
    if (answer.outcome == RouteOutcome::local) return deliver(at);
    if (at.place == at.goal) {
        FLATLAN_TRY(fault, blame_missing_address(ground_, at));
        fail(std::move(fault));
        return false;
    }
    if (answer.outcome == RouteOutcome::forward) return leave(at, answer);
    FLATLAN_TRY(fault, blame_refusal(ground_, at, answer));
    fail(std::move(fault));
    return false;
}

/// What a place does with all that comes in, before it routes it.
Result<bool> Walker::enter(const Passage& at, const RouteAnswer& answer, bool& stopped) {
    FLATLAN_TRY(facts, ground_.inquiry.facts(at.place));
    const LinkFacts* const input = facts->link(*at.input);
    if (input == nullptr) return true;
    if (answer.outcome == RouteOutcome::discarded) {
        FLATLAN_TRY(refused, blame_source_check(ground_, at, *input));
        stopped = fail_if(std::move(refused));
    }
    if (!stopped && at.place != at.goal && answer.outcome != RouteOutcome::local) {
        FLATLAN_TRY(off, blame_forwarding(ground_, at, *input));
        stopped = fail_if(std::move(off));
    }
    return !stopped;
}

Result<bool> Walker::deliver(const Passage& at) {
    FLATLAN_TRY(facts, ground_.inquiry.facts(at.place));
    if (at.place != at.goal) {
        fail(blame_duplicate(ground_, at, *facts, at.destination));
        return false;
    }
    const LinkFacts* device = at.input ? facts->link(*at.input) : nullptr;
    if (device == nullptr) device = facts->link("lo");
    if (device != nullptr && !at.input && !device->up) {
        fail({Verdict::hairpin_failed,
              at.place,
              name(at.place) + " does not reach itself: its interface lo is down",
              {"lo in " + name(at.place) + " is not set up"},
              run_at(ground_, at.place, "ip link set lo up")});
        return false;
    }
    if (device != nullptr)
        note(at, *device, Action::receive,
             to_string(at.destination) + " is an address of " + name(at.place));
    return false;
}

Result<bool> Walker::leave(Passage& at, const RouteAnswer& answer) {
    FLATLAN_TRY(facts, ground_.inquiry.facts(at.place));
    FLATLAN_TRY(right, expected_link(ground_, at));
    const LinkFacts* const link = answer.device ? facts->link(*answer.device) : nullptr;
    if (link == nullptr) {
        FLATLAN_TRY(fault, blame_refusal(ground_, at, answer));
        fail(std::move(fault));
        return false;
    }
    const bool knows = ground_.at(at.place).kind != PlaceKind::node || right != nullptr ||
                       enters_tunnel(ground_, at);
    if (knows && (right == nullptr || right->index != link->index)) {
        FLATLAN_TRY(fault, blame_detour(ground_, at, answer, *link));
        fail(std::move(fault));
        return false;
    }
    FLATLAN_TRY(down, blame_link(ground_, at.place, *link));
    if (fail_if(std::move(down))) return false;

    std::string evidence = "route to " + to_string(at.destination) + " by " + link->name;
    if (answer.via) evidence += ", next hop " + to_string(*answer.via);
    const Action action = enters_tunnel(ground_, at) ? Action::encapsulate
                          : at.input                 ? Action::forward
                                                     : Action::send;
    note(at, *link, action, evidence);
    if (answer.mtu != 0) walk_.hops.back().mtu = std::min(answer.mtu, link->mtu);
    if (enters_tunnel(ground_, at)) return cross_tunnel(at, answer, *link);
    return cross_cable(at, answer, *link);
}

Result<bool> Walker::cross_cable(Passage& at, const RouteAnswer& answer, const LinkFacts& link) {
    FLATLAN_TRY(far, other_end_of(ground_, link));
    const bool to_other_node = ground_.atlas.node_of(at.goal) != at.place;
    if (!link.other_end && !ground_.atlas.underlay && to_other_node &&
        ground_.at(at.place).kind == PlaceKind::node)
        return cross_unseen(at);
    if (!link.other_end || missing(link.other_end->place)) return false;
    const auto [place, index] = *link.other_end;
    if (far != nullptr && ground_.at(place).kind == PlaceKind::underlay) {
        FLATLAN_TRY(facts, ground_.inquiry.facts(place));
        const LinkFacts* const bridge = facts->bridge_link();
        if (bridge != nullptr) return cross_switch(at, answer, link, *far, *bridge);
    }
    FLATLAN_TRY(fault, blame_neighbour(ground_, at, answer, link, {place, far}));
    if (fail_if(std::move(fault))) return false;
    arrive(at, place, index, far);
    return true;
}

/// What is between nodes cannot be looked at: the packet is next seen where the other one has its
/// underlay address.
Result<bool> Walker::cross_unseen(Passage& at) {
    const PlaceId node = ground_.atlas.node_of(at.goal);
    FLATLAN_TRY(entry, underlay_link(ground_, node));
    if (entry == nullptr) {
        const auto& endpoint = ground_.at(node).endpoint;
        fail({Verdict::address_missing,
              node,
              name(node) + " does not have its underlay address",
              {"no interface of " + name(node) + " has " +
               (endpoint ? to_string(*endpoint) : "the address that other nodes know")},
              {}});
        return false;
    }
    FLATLAN_TRY(down, blame_link(ground_, node, *entry));
    if (fail_if(std::move(down))) return false;
    arrive(at, node, entry->index, entry);
    return true;
}

/// What is a router to routed nodes is one link to bridged ones: the frame's MAC address decides.
Result<bool> Walker::cross_switch(Passage& at, const RouteAnswer& answer, const LinkFacts& link,
                                  const LinkFacts& entry, const LinkFacts& bridge) {
    Passage inside = at;
    inside.place = link.other_end->place;
    FLATLAN_TRY(exit, expected_link(ground_, inside));
    if (exit == nullptr || !exit->other_end) {
        fail({Verdict::underlay_unreachable,
              inside.place,
              name(inside.place) + " has no cable to " + name(ground_.atlas.node_of(at.goal)),
              {"no port of " + bridge.name + " leads there"},
              ground_.atlas.repair_command});
        return false;
    }
    const auto [node, index] = *exit->other_end;
    FLATLAN_TRY(end, other_end_of(ground_, *exit));
    FLATLAN_TRY(wrong, blame_neighbour(ground_, at, answer, link, {node, end}));
    if (fail_if(std::move(wrong))) return false;
    walk_.places.push_back(inside.place);
    FLATLAN_TRY(shut, blame_switch(ground_, inside.place, bridge, entry, *exit));
    if (fail_if(std::move(shut))) return false;
    arrive(at, inside.place, entry.index, &entry);
    note(at, *exit, Action::forward, bridge.name + " has the MAC address behind " + exit->name);
    arrive(at, node, index, end);
    return !missing(node);
}

Result<bool> Walker::cross_tunnel(Passage& at, const RouteAnswer& answer, const LinkFacts& link) {
    FLATLAN_TRY(crossing, prepare_crossing(ground_, at, answer, link));
    if (fail_if(std::move(crossing.fault))) return false;
    overhead_ = crossing.overhead;
    walk_.hops.back().evidence += ", endpoint " + to_string(crossing.outer.destination);
    Passage outer = crossing.outer;
    const PlaceId far_node = outer.goal;
    for (std::size_t hops = 0; hops < kHopsMax; ++hops) {
        FLATLAN_TRY(goes_on, step(outer));
        if (goes_on) continue;
        if (failed() || outer.place != far_node) return false;
        break;
    }
    FLATLAN_TRY(tunnel, tunnel_of(ground_, far_node));
    FLATLAN_TRY(refused, blame_far_tunnel(ground_, at.place, link, far_node, tunnel));
    if (fail_if(std::move(refused)) || tunnel == nullptr) return false;
    at.place = far_node;
    at.input = tunnel->index;
    note(at, *tunnel, Action::decapsulate,
         "for VNI " + std::to_string(ground_.atlas.vni.value()) + " at UDP port " +
             std::to_string(ground_.atlas.tunnel_port.value()));
    return true;
}

}  // namespace

std::string_view to_string(Action action) {
    static constexpr std::array<std::string_view, 5> kWords{"send", "forward", "encapsulate",
                                                            "decapsulate", "receive"};
    return kWords[static_cast<std::size_t>(action)];
}

Result<Walk> walk(const Atlas& atlas, Inquiry& inquiry, const Flow& flow) {
    Walker walker{atlas, inquiry};
    FLATLAN_TRY_VOID(walker.run(flow));
    return walker.take();
}

}  // namespace flatlan::trace
