#pragma once

#include <optional>
#include <string>

#include "ipam/node_pool.hpp"
#include "overlay/node/reconciler.hpp"
#include "tools/daemon/metrics/daemon_counts.hpp"
#include "tools/daemon/metrics/exposition.hpp"

/// What an operator needs to know of a node, as metrics. Each function writes whole families; the
/// README beside it lists them. Pure.
namespace flatlan::daemon {

/// What does not change while the daemon runs.
struct NodeInfo {
    std::string version;
    std::string node;
    std::string cluster;
    std::string registry;
    std::string backend;
    std::string underlay;  ///< empty until it is found
    std::string interface;
};
void write_info(Exposition& out, const NodeInfo& info);

void write_counts(Exposition& out, const DaemonCounts& counts);

/// One moment by the clock of the boot and by the clock on the wall, since 1970.
struct BothClocks {
    Instant boot;
    Duration wall;
};
void write_state(Exposition& out, const node::NodeState& state, const BothClocks& now);

/// Of the node's leases, by the cluster's pools: an address is in the first that contains it.
void write_leases(Exposition& out, const ipam::PoolView& view,
                  const std::vector<node::PoolClaims>& pools);

void write_tunnel(Exposition& out, const tunnel::TunnelFigures& figures);

/// Why a pod could not be added now. Whatever is not known yet is in the way too.
struct AddRefusals {
    bool not_joined = false;
    bool offline = false;  ///< the registry has not confirmed the blocks for longer than offlineMax
    bool no_ipv4_address = false;
    bool no_ipv6_address = false;
    bool leases_unreadable = false;
};
/// `state` is empty before there is one, `view` where the leases cannot be read.
AddRefusals find_refusals(const std::optional<node::NodeState>& state,
                          const std::optional<ipam::PoolView>& view,
                          const std::vector<IpPrefix>& cluster_prefixes,
                          const std::optional<Duration>& offline_max, Instant now);
void write_refusals(Exposition& out, const AddRefusals& refusals);

}  // namespace flatlan::daemon
