#include "tunnel/kernel/kernel_device.hpp"

#include <cerrno>

#include "overlay/base/undo.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/vxlan.hpp"
#include "tunnel/kernel/translation.hpp"

namespace flatlan::tunnel {
namespace {

/// The name under which a device is tried that would take the place of another one.
const InterfaceName& trial_name() {
    static const InterfaceName name{"flat0-trial"};
    return name;
}

Error explain(Error error, const VxlanDevice& device) {
    if (error.system_errno() == EADDRINUSE)
        return std::move(error)
            .as(ErrorCode::conflict)
            .within("UDP port " + std::to_string(device.settings.port.value()) + " is in use");
    if (error.system_errno() == EOPNOTSUPP)
        return std::move(error).as(ErrorCode::unsupported).within("the kernel has no VXLAN");
    return error;
}

/// Kernels before 6.2 rename no device that is up.
Result<void> rename(Netlink& netlink, IfIndex device, const InterfaceName& name) {
    auto renamed = set_link(netlink, device, {.name = name});
    if (renamed || renamed.error().system_errno() != EBUSY) return renamed;
    FLATLAN_TRY_VOID(set_link(netlink, device, {.up = false}));
    FLATLAN_TRY_VOID(set_link(netlink, device, {.name = name}));
    return set_link(netlink, device, {.up = true});
}

}  // namespace

Result<std::optional<FoundDevice>> find_device(Netlink& netlink, const InterfaceName& name) {
    FLATLAN_TRY(link, find_link(netlink, name));
    if (!link) return std::optional<FoundDevice>{};
    auto device = device_from(*link);
    if (!device)
        return Error{ErrorCode::conflict,
                     "there is an interface '" + name.text() + "' that is no VXLAN device"}
            .expecting("another name for it, or that it is removed");
    return std::optional{FoundDevice{link->index, std::move(*device)}};
}

Result<std::optional<FoundDevice>> find_renamed_device(Netlink& netlink, Vni vni, Port port,
                                                       const MacAddress& mac) {
    FLATLAN_TRY(links, list_links(netlink));
    for (const Link& link : links) {
        auto device = device_from(link);
        if (device && device->settings.vni == vni && device->settings.port == port &&
            device->mac == mac)
            return std::optional{FoundDevice{link.index, std::move(*device)}};
    }
    return std::optional<FoundDevice>{};
}

Result<IfIndex> create_device(Netlink& netlink, const VxlanDevice& device) {
    Undo take_away{[&] { static_cast<void>(remove_link(netlink, device.name)); }};
    if (auto made = create_vxlan(netlink, {.name = device.name,
                                           .mac = device.mac,
                                           .mtu = device.mtu,
                                           .settings = device.settings});
        !made) {
        // What has the name then is not ours. After any other refusal it may be, half made.
        if (made.error().code() == ErrorCode::already_exists) take_away.disarm();
        return std::move(made).error();
    }
    // Only now does the kernel bind the port.
    if (auto up = set_link(netlink, device.name, {.up = true}); !up)
        return explain(std::move(up).error(), device);
    FLATLAN_TRY(link, get_link(netlink, device.name));
    take_away.disarm();
    return link.index;
}

Result<void> change_device(Netlink& netlink, const FoundDevice& found, const VxlanDevice& want) {
    const VxlanDevice& have = found.device;
    if (have.name != want.name) FLATLAN_TRY_VOID(rename(netlink, found.index, want.name));
    // Only what differs: an address set anew, even to the same, makes the kernel forget all
    // neighbours.
    LinkChange change;
    if (have.mtu != want.mtu) change.mtu = want.mtu;
    if (have.mac != want.mac) change.mac = want.mac;
    if (!have.up) change.up = true;
    NetlinkBatch batch;
    if (have.settings != want.settings) set_vxlan(batch, found.index, want.settings);
    set_link(batch, found.index, change);
    if (auto changed = netlink.execute(batch); !changed)
        return explain(std::move(changed).error(), want);

    // Last, since an MTU that was too small for IPv6 had also taken away its settings.
    FLATLAN_TRY(link, get_link(netlink, found.index));
    if (!link.makes_link_local) return success();
    return set_link(netlink, found.index, {.no_link_local = true});
}

Result<void> try_device(Netlink& netlink, const VxlanDevice& old, const VxlanDevice& device) {
    // Of the same VNI, port and family there cannot be two.
    const bool can_be_tried = old.settings.vni != device.settings.vni ||
                              old.settings.port != device.settings.port ||
                              old.settings.local.family() != device.settings.local.family();
    if (!can_be_tried) return success();
    VxlanDevice trial = device;
    trial.name = trial_name();
    // A process that ended during a trial has left it behind.
    FLATLAN_TRY_VOID(remove_link(netlink, trial.name));
    FLATLAN_TRY(index, create_device(netlink, trial));
    return remove_link(netlink, index);
}

Result<IfIndex> recreate_device(Netlink& netlink, const VxlanDevice& old,
                                const VxlanDevice& device) {
    FLATLAN_TRY_VOID(remove_link(netlink, old.name));
    return create_device(netlink, device);
}

}  // namespace flatlan::tunnel
