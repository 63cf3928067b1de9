#include "overlay/lab/fault/makers.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/sysctl.hpp"

namespace flatlan::lab {
namespace {

/// Sets them and remembers what they were.
Result<FaultUndo> change_settings(Scene& scene, const std::vector<Sysctl>& wanted) {
    std::vector<Sysctl> before;
    for (const Sysctl& setting : wanted) {
        FLATLAN_TRY(value, read_sysctl(scene.network(), setting.path));
        before.push_back({setting.path, std::move(value)});
    }
    FLATLAN_TRY(changed, ensure_sysctls(scene.network(), wanted));
    static_cast<void>(changed);
    FaultUndo undo = [before = std::move(before)](const Namespace& network,
                                                  Netlink&) -> Result<void> {
        if (auto restored = ensure_sysctls(network, before); !restored)
            return std::move(restored).error();
        return success();
    };
    return undo;
}

}  // namespace

Result<MadeFault> stop_forwarding(Scene& scene) {
    std::vector<Sysctl> settings;
    if (scene.wants(IpFamily::ipv4)) settings.push_back({"net/ipv4/ip_forward", "0"});
    if (scene.wants(IpFamily::ipv6)) settings.push_back({"net/ipv6/conf/all/forwarding", "0"});
    MadeFault made;
    for (const Sysctl& setting : settings)
        made.what += (made.what.empty() ? "set " : ", ") + setting.path + " to 0";
    FLATLAN_TRY(undo, change_settings(scene, settings));
    made.undo = std::move(undo);
    return made;
}

/// Two things, as in real clusters: the way back is another one, and strictness makes a fault of
/// it.
Result<MadeFault> check_reverse_path(Scene& scene) {
    const auto source = scene.towards().addresses.ipv4;
    if (!source) return Error{ErrorCode::invalid_argument, "only IPv4 has filters by the way back"};
    FLATLAN_TRY(way, scene.way_to(*source));
    FLATLAN_TRY(input, get_link(scene.netlink(), *way.device));
    FLATLAN_TRY(other, get_link(scene.netlink(), InterfaceName{"lo"}));
    FLATLAN_TRY(links, list_links(scene.netlink()));
    for (const Link& link : links)
        if (link.kind == "veth" && link.index != input.index) other = link;
    const std::string path = "net/ipv4/conf/" + input.name.text() + "/rp_filter";
    FLATLAN_TRY(settings, change_settings(scene, {{path, "1"}}));
    FLATLAN_TRY_VOID(replace_route(
        scene.netlink(),
        {.destination = IpPrefix::host(*source), .device = other.index, .protocol = kByHand}));
    return MadeFault{
        "set " + path + " to 1, and routed " + to_string(*source) + " by " + other.name.text(),
        settings};
}

}  // namespace flatlan::lab
