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

/// The device of that VNI, port and MAC address under another name, if there is one: renamed by
/// somebody. While it is there the kernel makes no other one of the VNI and port.
Result<std::optional<FoundDevice>> find_renamed_device(Netlink& netlink, Vni vni, Port port,
                                                       const MacAddress& mac);

/// Makes the device, up, and says which it is. When the kernel refuses, there is none afterwards:
/// conflict when something else receives on the UDP port.
Result<IfIndex> create_device(Netlink& netlink, const VxlanDevice& device);

/// Makes the device that was found as wanted, up, where the kernel can change it.
Result<void> change_device(Netlink& netlink, const FoundDevice& found, const VxlanDevice& want);

/// Tries whether the device can be had which is to take the place of `old`, since it cannot be
/// changed into it. Changes nothing.
Result<void> try_device(Netlink& netlink, const VxlanDevice& old, const VxlanDevice& device);

/// Makes the device in the place of the old one. When it cannot be had, there is none afterwards.
Result<IfIndex> recreate_device(Netlink& netlink, const VxlanDevice& old,
                                const VxlanDevice& device);

}  // namespace flatlan::tunnel
