#include <algorithm>
#include <array>

#include "overlay/base/text.hpp"
#include "overlay/probe/trace/mend.hpp"

namespace flatlan::trace {
namespace {

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

std::string ip_command(IpFamily family) { return family == IpFamily::ipv4 ? "ip " : "ip -6 "; }

std::string add_address(const IpAddress& address, const std::string& device) {
    return "ip addr replace " + to_string(IpPrefix::host(address)) + " dev " + device +
           (address.is_ipv6() ? " nodad noprefixroute" : "");
}

std::string add_neighbour(const IpAddress& address, const MacAddress& mac,
                          const std::string& device) {
    return "ip neigh replace " + to_string(address) + " lladdr " + to_string(mac) +
           " nud permanent dev " + device;
}

/// What stands on a cable at the end of a place that has one way out: its address, and where a
/// gateway is known, that neighbour, and routes by it to what else is refused, and to everything.
void add_leaf(const PlaceFacts& facts, const IpAddress& own,
              const std::optional<IpAddress>& gateway, const LinkFacts& link, const LinkFacts& far,
              std::vector<std::string>& commands) {
    const IpFamily family = own.family();
    const std::string device = shell_word(link.name);
    commands.push_back(add_address(own, device));
    if (!gateway) return;
    if (far.mac) commands.push_back(add_neighbour(*gateway, *far.mac, device));
    const std::string by = " via " + to_string(*gateway) + " dev " + device + " onlink";
    for (const RouteFacts& route : facts.routes)
        if (route.refuses && route.destination.contains(own) &&
            route.destination.length_bits() != 0)
            commands.push_back(ip_command(family) + "route replace " +
                               to_string(route.destination) + by);
    commands.push_back(ip_command(family) + "route replace default" + by);
}

/// The same at the other end, of a place that has many cables.
void add_branch(const Place& place, const IpAddress& leaf, const LinkFacts& link,
                const LinkFacts& far, std::vector<std::string>& commands) {
    const IpFamily family = leaf.family();
    const std::string device = shell_word(link.name);
    std::string route =
        ip_command(family) + "route replace " + to_string(IpPrefix::host(leaf)) + " dev " + device;
    if (const auto own = place.addresses.find(family)) route += " src " + to_string(*own);
    commands.push_back(route);
    if (far.mac) commands.push_back(add_neighbour(leaf, *far.mac, device));
}

Result<void> add_cable(const Ground& ground, PlaceId place, const LinkFacts& link,
                       std::vector<std::string>& commands) {
    FLATLAN_TRY(far, other_end_of(ground, link));
    if (far == nullptr) return success();
    FLATLAN_TRY(facts, ground.inquiry.facts(place));
    FLATLAN_TRY(there, ground.inquiry.facts(link.other_end->place));
    if (facts->bridge_link() != nullptr) return success();
    const Place& here = ground.at(place);
    const Place& other = ground.at(link.other_end->place);
    for (const IpFamily family : kFamilies) {
        const auto gateway = here.gateways.find(family);
        const bool to_underlay = other.kind == PlaceKind::underlay;
        const auto own = to_underlay ? here.endpoint : here.addresses.find(family);
        const auto leaf =
            here.kind == PlaceKind::underlay ? other.endpoint : other.addresses.find(family);
        if (here.kind == PlaceKind::pod || (to_underlay && there->bridge_link() == nullptr)) {
            if (own && own->family() == family)
                add_leaf(*facts, *own, gateway, link, *far, commands);
        } else if (!to_underlay && leaf && leaf->family() == family) {
            add_branch(here, *leaf, link, *far, commands);
        }
    }
    return success();
}

/// One line for a shell: all of them in the place, and what the place cannot do itself.
std::string as_one(const Ground& ground, PlaceId place, const std::vector<std::string>& commands) {
    std::string script;
    for (const std::string& command : commands)
        script += (script.empty() ? "" : " && ") + command;
    if (commands.size() > 1 && !ground.at(place).command_prefix.empty())
        script = "sh -c " + shell_word(script);
    return run_at(ground, place, script);
}

/// Of what a node's tunnel stands on, more goes than can be said in a line.
std::string with_repair(const Ground& ground, PlaceId place, std::string command) {
    if (ground.at(place).kind == PlaceKind::node && !ground.atlas.repair_command.empty())
        command += " && " + ground.atlas.repair_command;
    return command;
}

}  // namespace

Result<std::string> mend_cable(const Ground& ground, PlaceId place, const LinkFacts& link) {
    std::vector<std::string> commands{"ip link set " + shell_word(link.name) + " up"};
    FLATLAN_TRY_VOID(add_cable(ground, place, link, commands));
    const bool to_pod = link.other_end && ground.at(link.other_end->place).kind == PlaceKind::pod;
    const std::string command = as_one(ground, place, commands);
    return to_pod ? command : with_repair(ground, place, command);
}

Result<std::string> mend_addresses(const Ground& ground, PlaceId place) {
    FLATLAN_TRY(facts, ground.inquiry.facts(place));
    const Place& here = ground.at(place);
    std::vector<std::string> commands;
    if (here.kind == PlaceKind::node)
        for (const IpFamily family : kFamilies)
            if (const auto own = here.addresses.find(family))
                commands.push_back(add_address(*own, "lo"));
    for (const LinkFacts& link : facts->links)
        if (link.other_end) FLATLAN_TRY_VOID(add_cable(ground, place, link, commands));
    return with_repair(ground, place, as_one(ground, place, commands));
}

}  // namespace flatlan::trace
