#include <algorithm>

#include "overlay/lab/fault/makers.hpp"
#include "overlay/linux/fdb.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/policy_rule.hpp"
#include "overlay/linux/route.hpp"

namespace flatlan::lab {
namespace {

/// No device of a lab has it: the labs' own are made of names.
const MacAddress kNobody{
    {std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0x99}}};
/// Before all rules of the kernel's own.
constexpr std::uint32_t kPriority = 100;

void add_to(std::string& text, const std::string& more) {
    text += (text.empty() ? "" : ", ") + more;
}

Result<MadeFault> lose_routes_to(Scene& scene, const std::vector<IpAddress>& destinations) {
    MadeFault made;
    for (const IpAddress& destination : destinations) {
        FLATLAN_TRY(routes, list_routes(scene.netlink(), {.family = destination.family()}));
        std::erase_if(routes, [&](const Route& route) {
            return route.type != RouteType::unicast || !route.destination.contains(destination);
        });
        std::ranges::sort(routes, std::greater{},
                          [](const Route& route) { return route.destination.length_bits(); });
        // Until none carries it: behind the longest prefix there may be a default route.
        for (const Route& route : routes) {
            FLATLAN_TRY(decision, look_up_route(scene.netlink(), {.destination = destination}));
            if (decision.refused_errno != 0) break;
            FLATLAN_TRY_VOID(remove_route(scene.netlink(), route));
            add_to(made.what, "removed the route to " + to_string(route.destination));
        }
    }
    if (!made.what.empty()) return made;
    return Error{ErrorCode::not_found, scene.at().name + " has no such route"};
}

/// Some other interface than the right one.
Result<Link> wrong_link(Scene& scene, IfIndex right) {
    FLATLAN_TRY(links, list_links(scene.netlink()));
    const auto other = std::ranges::find_if(links, [&](const Link& link) {
        return link.index != right && link.kind == "veth" && link.is_up();
    });
    if (other != links.end()) return *other;
    return get_link(scene.netlink(), InterfaceName{"lo"});
}

/// By which device and to which next hop packets for the destination leave.
struct NextHop {
    Link device;
    IpAddress address;
};

Result<std::vector<NextHop>> next_hops(Scene& scene) {
    std::vector<NextHop> hops;
    for (const IpAddress& destination : scene.destinations()) {
        FLATLAN_TRY(way, scene.way_to(destination));
        FLATLAN_TRY(device, get_link(scene.netlink(), *way.device));
        NextHop hop{std::move(device), way.via.value_or(destination)};
        const bool known = std::ranges::any_of(
            hops, [&](const NextHop& each) { return each.address == hop.address; });
        if (!known) hops.push_back(std::move(hop));
    }
    return hops;
}

/// The entry of the tunnel's forwarding table for the node of `towards`.
Result<FdbEntry> fdb_entry_towards(Scene& scene) {
    for (const IpAddress& destination : scene.destinations()) {
        FLATLAN_TRY(way, scene.way_to(destination));
        FLATLAN_TRY(neighbours, list_neighbours(scene.netlink(), *way.device));
        const auto hop =
            std::ranges::find(neighbours, way.via.value_or(destination), &Neighbour::address);
        FLATLAN_TRY(entries, list_fdb_entries(scene.netlink(), *way.device));
        for (const FdbEntry& entry : entries)
            if (hop != neighbours.end() && entry.mac == hop->mac) return entry;
    }
    return Error{ErrorCode::not_found,
                 scene.at().name + " has no tunnel of the kernel towards " + scene.towards().name};
}

}  // namespace

Result<MadeFault> lose_route(Scene& scene) { return lose_routes_to(scene, scene.destinations()); }

Result<MadeFault> lose_underlay_route(Scene& scene) {
    return lose_routes_to(scene, scene.outer_destinations());
}

Result<MadeFault> turn_route(Scene& scene) {
    MadeFault made;
    for (const IpAddress& destination : scene.destinations()) {
        FLATLAN_TRY(way, scene.way_to(destination));
        FLATLAN_TRY(wrong, wrong_link(scene, *way.device));
        Route route{.destination = IpPrefix::host(destination), .device = wrong.index};
        route.protocol = kByHand;
        FLATLAN_TRY_VOID(replace_route(scene.netlink(), route));
        add_to(made.what, "routed " + to_string(destination) + " by " + wrong.name.text());
    }
    return made;
}

Result<MadeFault> prohibit_by_rule(Scene& scene) {
    MadeFault made;
    std::vector<PolicyRuleSpec> rules;
    for (const IpAddress& destination : scene.destinations()) {
        rules.push_back(
            {.destination = IpPrefix::host(destination), .priority = kPriority + scene.number()});
        FLATLAN_TRY_VOID(create_policy_rule(scene.netlink(), rules.back()));
        add_to(made.what, "made a policy rule that prohibits " + to_string(destination));
    }
    made.undo = [rules = std::move(rules)](const Namespace&, Netlink& netlink) -> Result<void> {
        for (const PolicyRuleSpec& rule : rules)
            FLATLAN_TRY_VOID(remove_policy_rule(netlink, rule));
        return success();
    };
    return made;
}

Result<MadeFault> lose_neighbour(Scene& scene) {
    MadeFault made;
    FLATLAN_TRY(hops, next_hops(scene));
    for (const NextHop& hop : hops) {
        FLATLAN_TRY_VOID(remove_neighbour(
            scene.netlink(), {.address = hop.address, .device = hop.device.index, .mac = {}}));
        add_to(made.what,
               "removed the neighbour " + to_string(hop.address) + " of " + hop.device.name.text());
    }
    return made;
}

Result<MadeFault> change_neighbour(Scene& scene) {
    MadeFault made;
    FLATLAN_TRY(hops, next_hops(scene));
    for (const NextHop& hop : hops) {
        FLATLAN_TRY_VOID(replace_neighbour(
            scene.netlink(), {.address = hop.address, .device = hop.device.index, .mac = kNobody}));
        add_to(made.what, "gave the neighbour " + to_string(hop.address) + " of " +
                              hop.device.name.text() + " the MAC address " + to_string(kNobody));
    }
    return made;
}

Result<MadeFault> lose_fdb_entry(Scene& scene) {
    FLATLAN_TRY(entry, fdb_entry_towards(scene));
    FLATLAN_TRY_VOID(remove_fdb_entry(scene.netlink(), entry));
    return MadeFault{"removed the forwarding entry of " + to_string(entry.mac)};
}

Result<MadeFault> change_fdb_entry(Scene& scene) {
    FLATLAN_TRY(entry, fdb_entry_towards(scene));
    for (const NodeStatus& node : scene.lab().nodes) {
        const auto other = node.underlay.find(entry.remote.family());
        if (!other || *other == entry.remote || other == scene.at().endpoint) continue;
        FdbEntry wrong = entry;
        wrong.remote = *other;
        FLATLAN_TRY_VOID(replace_fdb_entry(scene.netlink(), wrong));
        return MadeFault{"put " + to_string(entry.mac) + " behind " + to_string(*other)};
    }
    return Error{ErrorCode::invalid_argument, "there is no third node to which to send it"};
}

}  // namespace flatlan::lab
