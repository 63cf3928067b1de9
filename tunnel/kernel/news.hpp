#pragma once

#include "overlay/linux/netlink_message.hpp"
#include "tunnel/kernel/state.hpp"

namespace flatlan::tunnel {

/// A tunnel as this process left it.
struct ExpectedTunnel {
    IfIndex device;
    KernelTunnelState state;  ///< with a device
};

/// Whether a message that the kernel sent by itself (RTM_NEWROUTE, RTM_DELNEIGH and their like)
/// says that the tunnel is not as expected: something of it is gone or different, or there is
/// something on its device that nobody wants. False also for all that is none of the tunnel's
/// business. Time: O(log n) in the tunnel's entries.
///
/// The kernel takes things along without a word: IPv4 routes when their device goes down, or when
/// the address goes that they name as their source. It always tells of the device or address then.
bool contradicts(const ExpectedTunnel& expected, const NetlinkMessageView& told);

}  // namespace flatlan::tunnel
