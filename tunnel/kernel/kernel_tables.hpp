#pragma once

#include <functional>
#include <span>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"
#include "tunnel/kernel/difference.hpp"
#include "tunnel/kernel/wanted_state.hpp"

/// The tunnel's tables in one network namespace: read, and changed.
namespace flatlan::tunnel {

Result<Ipv6State> read_ipv6_state(const Namespace& network);

/// What the kernel has of the switches in `wanted`; one that it does not know is left out.
Result<std::vector<TunnelSysctl>> read_sysctls(const Namespace& network,
                                               std::span<const TunnelSysctl> wanted);

/// Which of the addresses in `wanted` the namespace has.
Result<std::vector<TunnelAddress>> read_addresses(Netlink& netlink,
                                                  std::span<const TunnelAddress> wanted);

/// The next hops of the device, sorted by number.
Result<std::vector<TunnelNexthop>> read_nexthops(Netlink& netlink, IfIndex device);

/// The tables that belong to the device: all but switches and addresses. Of routes also those that
/// lead elsewhere in the place of one in `wanted`, which is sorted by key. For the neighbours the
/// kernel walks through those of all namespaces, which it keeps in one table.
Result<KernelTables> read_device_tables(Netlink& netlink, IfIndex device,
                                        std::span<const TunnelRoute> wanted);

/// Carries out the operations in order, in few system calls. Nothing is led to a peer unless all
/// that its routes need has been made, and nothing is removed unless all else went well. Calls
/// `pause` now and then, so that what the kernel tells meanwhile can be read before it is too much.
Result<void> carry_out(Netlink& netlink, const Namespace& network, IfIndex device,
                       std::span<const TableOperation> operations,
                       const std::function<Result<void>()>& pause);

}  // namespace flatlan::tunnel
