#pragma once

#include <string>

#include "overlay/linux/link.hpp"

namespace flatlan {

/// A VXLAN device: what is routed to it leaves in UDP for the endpoint that its forwarding table
/// (fdb.hpp) has for the destination's MAC address; what has no entry there is dropped.
struct VxlanSpec {
    InterfaceName name;
    MacAddress mac;  ///< unique in the cluster: frames from its own address a receiver drops
    LinkMtu mtu{1450};
    VxlanSettings settings;
    LinkGroup group{};
    std::string alias{};
};

/// Makes the device, down and without an fe80:: address. Error already_exists when the name is
/// taken, or when the namespace has a device of that VNI and port.
void create_vxlan(NetlinkBatch& batch, const VxlanSpec& spec);
Result<void> create_vxlan(Netlink& netlink, const VxlanSpec& spec);

/// Changes what the kernel lets a VXLAN device change: local address (within its family), hop
/// limit, learning, TOS and DF. VNI, port and checksums must be those that it has.
void set_vxlan(NetlinkBatch& batch, const LinkRef& link, const VxlanSettings& settings);
Result<void> set_vxlan(Netlink& netlink, const LinkRef& link, const VxlanSettings& settings);

}  // namespace flatlan
