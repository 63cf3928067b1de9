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

Result<void> try_device(Netlink& netlink, VxlanDevice device) {
    device.name = trial_name();
    FLATLAN_TRY(index, create_device(netlink, device));
    return remove_link(netlink, index);
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

Result<IfIndex> create_device(Netlink& netlink, const VxlanDevice& device) {
    FLATLAN_TRY_VOID(create_vxlan(
        netlink,
        {.name = device.name, .mac = device.mac, .mtu = device.mtu, .settings = device.settings}));
    Undo take_away{[&] { static_cast<void>(remove_link(netlink, device.name)); }};
    // Only now does the kernel bind the port.
    if (auto up = set_link(netlink, device.name, {.up = true}); !up)
        return explain(std::move(up).error(), device);
    FLATLAN_TRY(link, get_link(netlink, device.name));
    take_away.disarm();
    return link.index;
}

Result<void> change_device(Netlink& netlink, IfIndex index, const VxlanDevice& device) {
    NetlinkBatch batch;
    set_vxlan(batch, index, device.settings);
    set_link(batch, index,
             {.up = true, .mtu = device.mtu, .mac = device.mac, .no_link_local = true});
    if (auto changed = netlink.execute(batch); !changed)
        return explain(std::move(changed).error(), device);
    return success();
}

Result<IfIndex> recreate_device(Netlink& netlink, const VxlanDevice& old,
                                const VxlanDevice& device) {
    // Of the same VNI, port and family there cannot be two.
    const bool can_be_tried = old.settings.vni != device.settings.vni ||
                              old.settings.port != device.settings.port ||
                              old.settings.local.family() != device.settings.local.family();
    if (can_be_tried) FLATLAN_TRY_VOID(try_device(netlink, device));
    FLATLAN_TRY_VOID(remove_link(netlink, old.name));
    return create_device(netlink, device);
}

}  // namespace flatlan::tunnel
