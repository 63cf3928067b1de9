#pragma once

#include "overlay/node/reconciler.hpp"
#include "overlay/probe/cluster/trace/trace_call.hpp"
#include "tools/daemon/api/trace_answer.hpp"
#include "tools/daemon/probes/cluster_run.hpp"

namespace flatlan::daemon {

/// What is known of the cluster where a trace is asked for.
struct TraceGround {
    const node::NodeState& state;
    const tunnel::TunnelSettings& settings;
};

/// Traces between two members of a cluster: asks all nodes who they have, and those of the two ends
/// for all else (overlay/probe/cluster/trace). Errors: invalid_argument for an end that nobody has
/// (unavailable, where a node did not say whether it has it), or one without an address of the
/// family; unavailable with the node's name where one of the ends' nodes does not answer, which
/// says nothing of the network; those that a node meets; those of ClusterRun::begin.
Result<trace::TraceAnswer> trace_nodes(const ClusterAsker& asker, const TraceGround& ground,
                                       const trace::TraceWish& wish);

}  // namespace flatlan::daemon
