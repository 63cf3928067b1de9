#pragma once

#include <optional>

#include "overlay/linux/netlink.hpp"
#include "tunnel/kernel/state.hpp"

/// The tunnel's device in one network namespace.
namespace flatlan::tunnel {

/// A device as it was read.
struct FoundDevice {
    IfIndex index;
    VxlanDevice device;
};

/// The device of that name, if there is one. Error conflict when something else has the name.
Result<std::optional<FoundDevice>> find_device(Netlink& netlink, const InterfaceName& name);

/// Makes the device, up, and says which it is. When the kernel refuses, there is none afterwards:
/// conflict when something else receives on the UDP port.
Result<IfIndex> create_device(Netlink& netlink, const VxlanDevice& device);

/// Makes the device that was found as wanted, up, where the kernel can change it.
Result<void> change_device(Netlink& netlink, const FoundDevice& found, const VxlanDevice& want);

/// Makes the device anew where the kernel cannot change it. Tries first whether the new one can be
/// had: when it cannot, the old one works on.
Result<IfIndex> recreate_device(Netlink& netlink, const VxlanDevice& old,
                                const VxlanDevice& device);

}  // namespace flatlan::tunnel
