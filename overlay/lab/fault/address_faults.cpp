#include "overlay/lab/fault/makers.hpp"
#include "overlay/linux/address.hpp"
#include "overlay/linux/route.hpp"

namespace flatlan::lab {
namespace {

/// Of a netmask that puts other nodes' pods on the link too: longer than the cluster's prefix,
/// whose route would come first, and shorter than a block.
constexpr unsigned kWideIpv4 = 24;
constexpr unsigned kWideIpv6 = 120;
/// RT_TABLE_LOCAL.
constexpr std::uint32_t kLocalTable = 255;

/// The flat network's addresses of the place as its interfaces have them.
Result<std::vector<InterfaceAddress>> own_addresses(Scene& scene) {
    FLATLAN_TRY(all, list_addresses(scene.netlink()));
    std::erase_if(all, [&](const InterfaceAddress& held) {
        const IpFamily family = held.address.family();
        return scene.at().addresses.find(family) != held.address || !scene.wants(family);
    });
    if (!all.empty()) return std::move(all);
    return Error{ErrorCode::not_found, scene.at().name + " has no such address"};
}

/// As a person does: without the route of our own by which an address of IPv6 can be used at once,
/// and which only we take away.
Result<void> add_by_hand(Netlink& netlink, const InterfaceAddress& address) {
    FLATLAN_TRY_VOID(create_address(netlink, address));
    FLATLAN_TRY(routes, list_routes(netlink, {.family = IpFamily::ipv6,
                                              .table = kLocalTable,
                                              .protocol = kFlatlanRoutes}));
    for (const Route& route : routes)
        if (route.destination == IpPrefix::host(address.address))
            FLATLAN_TRY_VOID(remove_route(netlink, route));
    return success();
}

}  // namespace

Result<MadeFault> lose_addresses(Scene& scene) {
    FLATLAN_TRY(addresses, own_addresses(scene));
    MadeFault made{"removed"};
    for (const InterfaceAddress& held : addresses) {
        FLATLAN_TRY_VOID(remove_address(scene.netlink(), held));
        made.what += " " + to_string(held.address);
    }
    return made;
}

Result<MadeFault> take_addresses(Scene& scene) {
    const bool pod = scene.at().kind == PlaceKind::pod;
    FLATLAN_TRY(link, get_link(scene.netlink(), InterfaceName{pod ? "eth0" : "lo"}));
    MadeFault made{"gave " + link.name.text()};
    for (const IpAddress& address : scene.destinations()) {
        FLATLAN_TRY_VOID(
            add_by_hand(scene.netlink(), {.address = address,
                                          .length_bits = address_bits(address.family()),
                                          .device = link.index}));
        made.what += " " + to_string(address);
    }
    return made;
}

Result<MadeFault> widen_netmask(Scene& scene) {
    FLATLAN_TRY(addresses, own_addresses(scene));
    MadeFault made{"changed the netmask to"};
    for (const InterfaceAddress& held : addresses) {
        InterfaceAddress wide = held;
        wide.length_bits = held.address.is_ipv4() ? kWideIpv4 : kWideIpv6;
        wide.prefix_route = true;
        // The new one first: with its last address an interface loses its routes.
        if (held.address.is_ipv4()) FLATLAN_TRY_VOID(create_address(scene.netlink(), wide));
        FLATLAN_TRY_VOID(remove_address(scene.netlink(), held));
        if (held.address.is_ipv6()) FLATLAN_TRY_VOID(add_by_hand(scene.netlink(), wide));
        made.what += " " + to_string(held.address) + "/" + std::to_string(wide.length_bits);
    }
    return made;
}

}  // namespace flatlan::lab
