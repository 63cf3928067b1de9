#pragma once

#include <string>

#include "overlay/probe/cluster/trace/trace_call.hpp"
#include "tools/daemon/api/cluster_answer.hpp"
#include "tools/daemon/api/trace_answer.hpp"

/// A test of the whole cluster, and a trace through it, as a program on one of its nodes can ask
/// its `flatland` for it (daemon_client.hpp has all else):
///
///     POST /v1/probes    body: a roster without nodes; answers with a ClusterAnswer, after a while
///     POST /v1/traces    body: a trace's wish; answers with a TraceAnswer
namespace flatlan::daemon {

/// `roster` is the record of a roster that names no nodes
/// (overlay/probe/cluster/probe_records.hpp): what is to be tried. Errors: unavailable when no
/// daemon is at `socket`, timed_out when it does not answer; otherwise those of probe_nodes.
Result<ClusterAnswer> probe_cluster(const std::string& socket, const std::string& roster);

/// Traces between two members of the cluster. Errors: as probe_cluster; otherwise those of
/// trace_nodes.
Result<trace::TraceAnswer> trace_cluster(const std::string& socket, const trace::TraceWish& wish);

}  // namespace flatlan::daemon
