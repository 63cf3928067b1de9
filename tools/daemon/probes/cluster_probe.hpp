#pragma once

#include <functional>
#include <vector>

#include "overlay/probe/cluster/probe_records.hpp"
#include "overlay/registry/registry.hpp"
#include "tools/daemon/api/cluster_answer.hpp"

namespace flatlan::daemon {

/// Asks all nodes of a cluster for a test, through the registry, and gathers what they tell. One at
/// a time in a cluster, and at most kTestLongest.
struct ClusterProbe {
    registry::Registry& registry;
    LabName cluster;
    NodeName asker;
    std::vector<NodeName> nodes;  ///< those that are alive, the asker among them
    std::function<bool()> ended;  ///< the daemon ends

    /// Nodes that say nothing in time are left out and named in the answer. Errors: those of
    /// make_plan; conflict while another test is under way; exhausted for more checks than
    /// kClusterChecksMax; the registry's; interrupted.
    Result<ClusterAnswer> run(const probe::PlanRequest& request) const;
};

/// So many checks of one test at most: what nodes see of them stands in the registry for a moment.
inline constexpr std::size_t kClusterChecksMax = 200'000;

}  // namespace flatlan::daemon
