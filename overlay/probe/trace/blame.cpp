#include "overlay/probe/trace/blame.hpp"

#include <algorithm>

#include "overlay/base/text.hpp"
#include "overlay/probe/trace/mend.hpp"
#include "overlay/probe/trace/tunnel_step.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;

/// The numbers of the rules that every namespace has (ip-rule(8)).
bool is_usual(const RuleFacts& rule) {
    return rule.priority == 0 || rule.priority == 32766 || rule.priority == 32767;
}

std::string route_text(const PlaceFacts& facts, const RouteFacts& route) {
    std::string text = (route.refuses ? "a refusing route " : "") + to_string(route.destination);
    if (route.via) text += " via " + to_string(*route.via);
    if (const LinkFacts* link = route.device ? facts.link(*route.device) : nullptr)
        text += " dev " + link->name;
    return text;
}

std::string ip_command(IpFamily family) { return family == IpFamily::ipv4 ? "ip " : "ip -6 "; }

std::string delete_rule(const Ground& ground, const Passage& at, const PlaceFacts& facts) {
    for (const RuleFacts& rule : facts.rules)
        if (rule.family == at.family() && !is_usual(rule))
            return run_at(
                ground, at.place,
                ip_command(at.family()) + "rule del pref " + std::to_string(rule.priority));
    return {};
}

std::string delete_route(const Ground& ground, const Passage& at, const PlaceFacts& facts,
                         const RouteFacts& route) {
    std::string command = ip_command(at.family()) + "route del " + to_string(route.destination);
    const LinkFacts* const link = route.device ? facts.link(*route.device) : nullptr;
    if (link != nullptr && !route.refuses) command += " dev " + shell_word(link->name);
    return run_at(ground, at.place, command);
}

/// What hides the right route: a rule, or a route to a longer prefix; empty when neither does.
Result<std::string> mend_shadow(const Ground& ground, const Passage& at, const RouteAnswer& answer,
                                const LinkFacts& right) {
    FLATLAN_TRY(facts, ground.inquiry.facts(at.place));
    const RouteFacts* const best = facts->best_route(at.destination);
    if (best == nullptr) return std::string{};
    const bool main_is_right = !best->refuses && (!best->device || best->device == right.index);
    const bool follows_main =
        answer.outcome == RouteOutcome::forward ? best->device == answer.device : best->refuses;
    if (main_is_right && !follows_main) return delete_rule(ground, at, *facts);
    if (best->last_resort) return std::string{};
    for (const RouteFacts& route : facts->routes)
        if (&route != best && route.destination.contains(at.destination) && !route.refuses &&
            (!route.device || route.device == right.index) &&
            route.destination.length_bits() < best->destination.length_bits())
            return delete_route(ground, at, *facts, *best);
    return std::string{};
}

Fault no_tunnel(const Ground& ground, const Passage& at) {
    const std::string& name = ground.at(at.place).name;
    return {.verdict = Verdict::tunnel_missing,
            .place = at.place,
            .reason = name + " has no tunnel device",
            .evidence = {"no VXLAN device among the interfaces of " + name},
            .mend = ground.atlas.repair_command};
}

/// A route of IPv6 whose next hop did not answer counts as none (rt6_score_route).
Result<std::optional<Fault>> blame_unresolved(const Ground& ground, const Passage& at,
                                              const LinkFacts& link) {
    std::optional<Fault> fault;
    // Behind a tunnel's device is a program, or no device at all: no neighbour to compare with.
    if (enters_tunnel(ground, at)) return fault;
    FLATLAN_TRY(facts, ground.inquiry.facts(at.place));
    FLATLAN_TRY(far, other_end_of(ground, link));
    const RouteFacts* const best = facts->best_route(at.destination);
    if (at.destination.is_ipv4() || far == nullptr || best == nullptr || best->refuses ||
        best->device != link.index)
        return fault;
    if (far->master) return fault;  // behind a switch the neighbour is another than the far end
    const RouteAnswer assumed{
        .outcome = RouteOutcome::forward, .device = best->device, .via = best->via};
    return blame_neighbour(ground, at, assumed, link, {link.other_end->place, far});
}

Result<std::string> refusal_evidence(const Ground& ground, const Passage& at,
                                     const RouteAnswer& answer) {
    FLATLAN_TRY(facts, ground.inquiry.facts(at.place));
    std::string text = "the kernel in " + ground.at(at.place).name + " has ";
    text += answer.outcome == RouteOutcome::none         ? "no route to "
            : answer.outcome == RouteOutcome::prohibited ? "a prohibition for "
                                                         : "a discarding route to ";
    text += to_string(at.destination);
    if (const RouteFacts* const best = facts->best_route(at.destination))
        text += "; the best of its main table is " + route_text(*facts, *best);
    return text;
}

}  // namespace

Result<std::optional<Fault>> blame_link(const Ground& ground, PlaceId place,
                                        const LinkFacts& link) {
    const auto down = [&](PlaceId where, const LinkFacts& dead) -> Result<Fault> {
        const std::string& name = ground.at(where).name;
        const std::string& device = dead.name;
        // What a device loses with its link (routes, IPv6 addresses) does not come back with it.
        const bool is_tunnel = ground.at(where).kind == PlaceKind::node &&
                               (dead.vxlan || dead.name == ground.atlas.tunnel_device);
        const bool kept = is_tunnel && !ground.atlas.repair_command.empty();
        FLATLAN_TRY(by_hand, mend_cable(ground, where, dead));
        return Fault{.verdict = Verdict::link_down,
                     .place = where,
                     .reason = "interface " + device + " of " + name + " is down",
                     .evidence = {device + " in " + name + " is not set up"},
                     .mend = kept ? ground.atlas.repair_command : by_hand};
    };
    std::optional<Fault> fault;
    FLATLAN_TRY(far, other_end_of(ground, link));
    const bool far_is_down = link.up && far != nullptr && !far->up;
    if (link.up && link.running && !far_is_down) return fault;
    FLATLAN_TRY(found, far_is_down ? down(link.other_end->place, *far) : down(place, link));
    fault = std::move(found);
    return fault;
}

Result<Fault> blame_refusal(const Ground& ground, const Passage& at, const RouteAnswer& answer) {
    FLATLAN_TRY(link, expected_link(ground, at));
    const std::string& name = ground.at(at.place).name;
    if (link == nullptr && enters_tunnel(ground, at)) return no_tunnel(ground, at);
    if (link != nullptr) {
        FLATLAN_TRY(down, blame_link(ground, at.place, *link));
        if (down) return std::move(*down);
    }
    if (link != nullptr) {
        FLATLAN_TRY(unresolved, blame_unresolved(ground, at, *link));
        if (unresolved) return std::move(*unresolved);
    }
    FLATLAN_TRY(evidence, refusal_evidence(ground, at, answer));
    if (link != nullptr) {
        FLATLAN_TRY(shadow, mend_shadow(ground, at, answer, *link));
        if (!shadow.empty())
            return Fault{Verdict::wrong_route,
                         at.place,
                         "a route or rule of " + name + " refuses " + to_string(at.destination) +
                             ", which another one would carry",
                         {evidence},
                         shadow};
    }
    std::string mend = ground.atlas.repair_command;
    if (link != nullptr) {
        FLATLAN_TRY(command, mend_route(ground, at, *link));
        mend = command;
    }
    const bool discards = answer.outcome == RouteOutcome::discarded;
    const auto verdict = at.outer   ? Verdict::underlay_unreachable
                         : discards ? Verdict::wrong_route
                                    : Verdict::no_route;
    return Fault{verdict,
                 at.place,
                 name + " has no route to " + to_string(at.destination),
                 {evidence},
                 mend};
}

Result<Fault> blame_detour(const Ground& ground, const Passage& at, const RouteAnswer& answer,
                           const LinkFacts& used) {
    FLATLAN_TRY(facts, ground.inquiry.facts(at.place));
    FLATLAN_TRY(right, expected_link(ground, at));
    const std::string& name = ground.at(at.place).name;
    if (right == nullptr && enters_tunnel(ground, at)) return no_tunnel(ground, at);
    std::string mend = ground.atlas.repair_command;
    if (right != nullptr) {
        FLATLAN_TRY(down, blame_link(ground, at.place, *right));
        if (down) return std::move(*down);
        FLATLAN_TRY(shadow, mend_shadow(ground, at, answer, *right));
        FLATLAN_TRY(replaced, mend_route(ground, at, *right));
        mend = shadow.empty() ? replaced : shadow;
    }
    std::string evidence =
        "the kernel in " + name + " sends " + to_string(at.destination) + " by " + used.name;
    if (answer.via) evidence += ", next hop " + to_string(*answer.via);
    if (const RouteFacts* const best = facts->best_route(at.destination))
        evidence += "; the best of its main table is " + route_text(*facts, *best);
    std::string reason = name + " routes " + to_string(at.destination) + " by " + used.name;
    if (right != nullptr && right->index != used.index)
        reason += " and not by " + right->name;
    else if (answer.via)
        reason += " to " + to_string(*answer.via) + ", which is not its next hop";
    else
        reason += " as if it were on the link";
    return Fault{Verdict::wrong_route, at.place, reason, {evidence}, mend};
}

Fault blame_duplicate(const Ground& ground, const Passage& at, const PlaceFacts& facts,
                      const IpAddress& address) {
    const std::string& name = ground.at(at.place).name;
    const auto held = std::ranges::find(facts.addresses, address, &AddressFacts::address);
    const LinkFacts* const link =
        held == facts.addresses.end() ? nullptr : facts.link(held->device);
    const std::string device = link == nullptr ? "an interface" : link->name;
    Fault fault{Verdict::duplicate_address,
                at.place,
                name + " has the address " + to_string(address) + " too",
                {to_string(address) + " is on " + device + " of " + name},
                {}};
    // An address that was taken away may leave a route that says it is here.
    fault.mend = run_at(ground, at.place,
                        link != nullptr ? "ip addr del " + to_string(IpPrefix::host(address)) +
                                              " dev " + shell_word(device)
                                        : ip_command(address.family()) + "route del local " +
                                              to_string(address) + " table local");
    return fault;
}

Result<Fault> blame_missing_address(const Ground& ground, const Passage& at) {
    const Place& place = ground.at(at.place);
    FLATLAN_TRY(facts, ground.inquiry.facts(at.place));
    const LinkFacts* device = facts->link("lo");
    if (place.kind == PlaceKind::pod || at.outer)
        for (const LinkFacts& link : facts->links)
            if (link.has_other_end) device = &link;
    if (device != nullptr && !device->loopback) {
        FLATLAN_TRY(down, blame_link(ground, at.place, *device));
        if (down) return std::move(*down);
    }
    Fault fault{Verdict::address_missing,
                at.place,
                place.name + " does not have the address " + to_string(at.destination),
                {"no interface of " + place.name + " has " + to_string(at.destination)},
                {}};
    FLATLAN_TRY(mend, mend_addresses(ground, at.place));
    fault.mend = std::move(mend);
    return fault;
}

}  // namespace flatlan::trace
