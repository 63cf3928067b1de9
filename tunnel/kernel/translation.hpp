#pragma once

#include <optional>

#include "overlay/linux/address.hpp"
#include "overlay/linux/fdb.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/nexthop.hpp"
#include "overlay/linux/route.hpp"
#include "tunnel/kernel/difference.hpp"

/// The tunnel's values and those of overlay/linux, which know the device's number.
namespace flatlan::tunnel {

/// The number of `lo` in every namespace (LOOPBACK_IFINDEX of the kernel).
inline constexpr IfIndex kLoopback{1};

/// Nothing when the interface is no VXLAN device.
std::optional<VxlanDevice> device_from(const Link& link);

/// What was read as an entry of ours. Nothing for what is no business of the tunnel: addresses of
/// other devices than `lo`, routes that the kernel makes by itself, neighbours that it is
/// forgetting or never had to ask.
std::optional<TunnelAddress> entry_from(const InterfaceAddress& address);
std::optional<TunnelFdbEntry> entry_from(const FdbEntry& entry);
std::optional<TunnelNeighbour> entry_from(const Neighbour& neighbour);
std::optional<TunnelNexthop> entry_from(const Nexthop& nexthop);
std::optional<TunnelRoute> entry_from(const Route& route);

/// Appends the operation to the batch, as one request about the device. A change of /proc/sys is
/// none and must not be handed in.
void append(NetlinkBatch& batch, const TableOperation& operation, IfIndex device);

}  // namespace flatlan::tunnel
