#include "overlay/lab/fault/makers.hpp"
#include "overlay/lab/fault/place_tables.hpp"
#include "overlay/linux/vxlan.hpp"

namespace flatlan::lab {
namespace {

const InterfaceName kTunnel{"flat0"};
const InterfaceName kLoopback{"lo"};
/// Too little for a tunnel's packet of full size, and enough for IPv6 (RFC 8200, section 5).
constexpr LinkMtu kNarrow{1300};

Result<Link> kernel_tunnel_of(Scene& scene) {
    FLATLAN_TRY(link, find_link(scene.netlink(), kTunnel));
    if (link && link->vxlan) return *link;
    return Error{ErrorCode::invalid_argument, scene.at().name + " has no tunnel of the kernel"};
}

/// A VNI and a port cannot be changed: the device is made anew, with all that was on it.
template <typename Change>
Result<MadeFault> remake_tunnel(Scene& scene, Change change) {
    FLATLAN_TRY(tunnel, kernel_tunnel_of(scene));
    FLATLAN_TRY(whole, PlaceTables::read(scene.netlink()));
    VxlanSpec spec{.name = kTunnel,
                   .mac = tunnel.mac.value_or(MacAddress{}),
                   .mtu = tunnel.mtu,
                   .settings = *tunnel.vxlan};
    change(spec.settings);
    FLATLAN_TRY_VOID(remove_link(scene.netlink(), tunnel.index));
    FLATLAN_TRY_VOID(create_vxlan(scene.netlink(), spec));
    FLATLAN_TRY(made, get_link(scene.netlink(), kTunnel));
    FLATLAN_TRY_VOID(set_link(scene.netlink(), made.index, {.up = true}));
    FLATLAN_TRY(bare, PlaceTables::read(scene.netlink()));
    whole.renumber(tunnel.index, made.index);
    FLATLAN_TRY_VOID(put_back(scene.netlink(), whole, bare));
    return MadeFault{};
}

Result<MadeFault> set_down(Scene& scene, const Link& link) {
    FLATLAN_TRY_VOID(set_link(scene.netlink(), link.index, {.up = false}));
    return MadeFault{"set " + link.name.text() + " down"};
}

}  // namespace

Result<MadeFault> set_link_down(Scene& scene) {
    FLATLAN_TRY(link, scene.exit_link());
    return set_down(scene, link);
}

Result<MadeFault> set_loopback_down(Scene& scene) {
    FLATLAN_TRY(link, get_link(scene.netlink(), kLoopback));
    return set_down(scene, link);
}

Result<MadeFault> set_tunnel_down(Scene& scene) {
    FLATLAN_TRY(link, get_link(scene.netlink(), kTunnel));
    return set_down(scene, link);
}

Result<MadeFault> lose_tunnel(Scene& scene) {
    FLATLAN_TRY(link, get_link(scene.netlink(), kTunnel));
    FLATLAN_TRY_VOID(remove_link(scene.netlink(), link.index));
    return MadeFault{"removed " + kTunnel.text()};
}

Result<MadeFault> change_vni(Scene& scene) {
    const auto change = [](VxlanSettings& settings) {
        settings.vni = Vni{settings.vni.value() + 1};
    };
    FLATLAN_TRY(made, remake_tunnel(scene, change));
    made.what = "gave " + kTunnel.text() + " another VNI";
    return std::move(made);
}

Result<MadeFault> change_tunnel_port(Scene& scene) {
    const auto change = [](VxlanSettings& settings) {
        settings.port = Port{static_cast<std::uint16_t>(settings.port.value() + 1)};
    };
    FLATLAN_TRY(made, remake_tunnel(scene, change));
    made.what = "gave " + kTunnel.text() + " another UDP port";
    return std::move(made);
}

Result<MadeFault> narrow_silently(Scene& scene) {
    FLATLAN_TRY(link, scene.exit_link());
    FLATLAN_TRY(undo, add_filter(scene,
                                 "chain output { type filter hook output priority 0;\n"
                                 "icmp type destination-unreachable drop\n"
                                 "icmpv6 type packet-too-big drop\n}\n"));
    FLATLAN_TRY_VOID(set_link(scene.netlink(), link.index, {.mtu = kNarrow}));
    return MadeFault{"gave " + link.name.text() + " an MTU of " + std::to_string(kNarrow.value()) +
                         " and dropped what ICMP says of it",
                     std::move(undo)};
}

}  // namespace flatlan::lab
