#pragma once

#include <string>

#include "tools/daemon/api/cluster_answer.hpp"

/// A test of the whole cluster, as a program on one of its nodes can ask its `flatland` for it
/// (daemon_client.hpp has all else):
///
///     POST /v1/probes    body: a roster without nodes; answers with a ClusterAnswer, after a while
namespace flatlan::daemon {

/// `roster` is the record of a roster that names no nodes
/// (overlay/probe/cluster/probe_records.hpp): what is to be tried. Errors: unavailable when no
/// daemon is at `socket`, timed_out when it does not answer; otherwise those of ClusterProbe::run.
Result<ClusterAnswer> probe_cluster(const std::string& socket, const std::string& roster);

}  // namespace flatlan::daemon
