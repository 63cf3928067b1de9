#pragma once

#include <functional>
#include <vector>

#include "overlay/probe/cluster/probe_records.hpp"
#include "overlay/registry/registry.hpp"
#include "tools/daemon/api/cluster_answer.hpp"

namespace flatlan::daemon {

/// Asks all nodes of a cluster for a test, through the registry, and gathers what they tell. One at
/// a time in a cluster; another one is waited for, but not for long.
struct ClusterProbe {
    registry::Registry& registry;
    LabName cluster;
    NodeName asker;
    std::vector<NodeName> nodes;  ///< those that are alive, the asker among them
    std::function<bool()> ended;  ///< the daemon ends

    /// `wanted` names no nodes. Nodes that say nothing in time are left out and named in the
    /// answer. Errors: those of make_cluster_plan; conflict when another test does not end; the
    /// registry's; interrupted.
    Result<ClusterAnswer> run(const probe::Roster& wanted) const;
};

}  // namespace flatlan::daemon
