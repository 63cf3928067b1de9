#include "overlay/probe/trace/mend.hpp"

#include <algorithm>

#include "overlay/base/text.hpp"

namespace flatlan::trace {
namespace {

std::string ip_command(IpFamily family) { return family == IpFamily::ipv4 ? "ip " : "ip -6 "; }

std::string prefix_text(const IpPrefix& prefix) {
    return prefix.length_bits() == 0 ? "default" : to_string(prefix);
}

std::string via_text(IpFamily family, const IpAddress& via) {
    return " via " + std::string{via.family() == family ? "" : "inet6 "} + to_string(via);
}

}  // namespace

std::string run_at(const Ground& ground, PlaceId place, const std::string& command) {
    const std::string& prefix = ground.at(place).command_prefix;
    return prefix.empty() ? command : prefix + " " + command;
}

Result<std::string> mend_route(const Ground& ground, const Passage& at, const LinkFacts& link) {
    FLATLAN_TRY(route, expected_route(ground, at, link));
    // Of a program's end of a pair that program alone knows the next hop.
    const bool opaque = ground.at(at.place).carrier == Carrier::opaque;
    if (enters_tunnel(ground, at) && opaque && link.has_other_end && !route.via)
        return ground.atlas.repair_command;
    std::string command = ip_command(at.family()) + "route replace " + prefix_text(route.prefix);
    if (route.via) command += via_text(at.family(), *route.via);
    command += " dev " + shell_word(link.name);
    const Place& place = ground.at(at.place);
    // A gateway is on no link by its address, but for that of a VXLAN device, which is link-local.
    if (route.via && !(enters_tunnel(ground, at) && link.vxlan)) command += " onlink";
    const auto own = place.addresses.find(at.family());
    if (place.kind == PlaceKind::node && !at.outer && own) command += " src " + to_string(*own);
    return run_at(ground, at.place, command);
}

std::string mend_neighbour(const Ground& ground, PlaceId place, const LinkFacts& link,
                           const IpAddress& address, const MacAddress& mac) {
    return run_at(ground, place,
                  "ip neigh replace " + to_string(address) + " lladdr " + to_string(mac) +
                      " nud permanent dev " + shell_word(link.name));
}

std::string mend_fdb(const Ground& ground, PlaceId place, const LinkFacts& link,
                     const MacAddress& mac, const IpAddress& remote) {
    return run_at(ground, place,
                  "bridge fdb replace " + to_string(mac) + " dev " + shell_word(link.name) +
                      " dst " + to_string(remote) + " self permanent");
}

std::string setting_word(const std::string& path, int value) {
    std::string name = path;
    // An interface's name may have dots in it: between slashes they stay what they are (sysctl(8)).
    if (name.find('.') == name.npos) std::ranges::replace(name, '/', '.');
    return shell_word(name + "=" + std::to_string(value));
}

std::string mend_setting(const Ground& ground, PlaceId place, const std::string& path, int value) {
    return run_at(ground, place, "sysctl -w " + setting_word(path, value));
}

}  // namespace flatlan::trace
