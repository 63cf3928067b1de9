#pragma once

#include "overlay/linux/link.hpp"

namespace flatlan {

/// A switch among the interfaces that are attached to it.
struct BridgeSpec {
    InterfaceName name;
    MacAddress mac;
    LinkMtu mtu{1500};
    LinkGroup group{};
};

/// Makes a bridge without spanning tree, down and without an fe80:: address. Attach with
/// LinkChange::master; the kernel takes at most 1,023 ports (BR_MAX_PORTS).
void create_bridge(NetlinkBatch& batch, const BridgeSpec& spec);
Result<void> create_bridge(Netlink& netlink, const BridgeSpec& spec);

}  // namespace flatlan
