#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "tunnel/kernel/state.hpp"

namespace flatlan::tunnel {

/// What has to happen to the device so that it is as wanted.
enum class DeviceStep : std::uint8_t {
    keep,
    create,    ///< there is none
    change,    ///< as it is, with other attributes; its tables may lose entries by it
    recreate,  ///< the kernel does not change VNI, port, family or checksums: all tables go with it
};
DeviceStep device_step(const std::optional<VxlanDevice>& have, const VxlanDevice& want);

/// One step from the tables that are there to those that are wanted.
struct TableOperation {
    enum class Verb : std::uint8_t { add, replace, remove };
    using Entry = std::variant<TunnelSysctl, TunnelAddress, TunnelFdbEntry, TunnelNeighbour,
                               TunnelNexthop, TunnelRoute>;
    Verb verb;
    Entry entry;  ///< as it is to be, or as it was read
};

/// The operations that make `want` of `have`, in an order in which no packet to a peer that stays
/// is lost: what a route needs is there before it (address, FDB entry, neighbour, next hop, then
/// the route), a block that moves is one replacement, and nothing is removed while something might
/// still use it (route, next hop, neighbour, FDB entry, address). Of several routes of one key all
/// but the last go first, in their order, and that one is replaced. Both are sorted by key; the
/// keys of `want` are unique.
///
/// This holds as long as no two peers that stay swap their MAC addresses, which are made of their
/// names.
std::vector<TableOperation> difference(const KernelTables& have, const KernelTables& want);

}  // namespace flatlan::tunnel
