#pragma once

#include "tools/daemon/probes/cluster_run.hpp"

namespace flatlan::daemon {

/// Asks all nodes of a cluster for a test, through the registry, and gathers what they tell.
/// `wanted` names no nodes. Nodes that say nothing in time are left out and named in the answer.
/// Errors: those of make_cluster_plan and of ClusterRun::begin.
Result<ClusterAnswer> probe_nodes(const ClusterAsker& asker, const probe::Roster& wanted);

}  // namespace flatlan::daemon
