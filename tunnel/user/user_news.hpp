#pragma once

#include <optional>

#include "overlay/base/mac_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/netlink_message.hpp"

namespace flatlan::tunnel {

/// The device `flat0` as this process made it.
struct MadeDevice {
    IfIndex index;
    InterfaceName name;
    OverlayMtu mtu;
    std::optional<MacAddress> mac;  ///< none of a TUN
};

/// Whether packets can go through that device: it has its name, and it is up at both ends. Its MTU
/// and MAC address can be put right without making it anew.
bool is_usable(const MadeDevice& made, const Link& link);
/// Whether it is in all as it was made.
bool is_as_made(const MadeDevice& made, const Link& link);

/// Whether a message that the kernel sent by itself says that a tunnel through the device may not
/// be as it was made. To look once too often costs little: a route that takes another one's place
/// is news whatever it leads to, and so is each address that goes from `lo`, where a node's own
/// are.
///
/// The kernel takes things along without a word: IPv4 routes when their device goes down, or when
/// the address goes that they name as their source. It always tells of the device or address then.
bool is_news(const MadeDevice& made, const NetlinkMessageView& told);

}  // namespace flatlan::tunnel
