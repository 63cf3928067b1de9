#pragma once

#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/base/time.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan {

/// When a VXLAN device last sent by an entry of its forwarding table.
struct FdbUse {
    IpAddress remote;
    Duration ago;  ///< in the kernel's steps of 10 ms (USER_HZ)
};

/// Of all entries by which something was sent since they were made or changed. The kernel writes
/// the time down when it looks up where to send a frame (vxlan_find_mac_tx in its vxlan_core.c);
/// before Linux 6.15 also at some other look-ups, so that an entry may seem to be in use.
Result<std::vector<FdbUse>> list_fdb_uses(Netlink& netlink, IfIndex device);

}  // namespace flatlan
