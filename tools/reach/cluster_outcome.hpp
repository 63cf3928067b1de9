#pragma once

#include "overlay/probe/trace/sampled_attribution.hpp"
#include "tools/daemon/api/cluster_answer.hpp"
#include "tools/reach/outcome.hpp"

namespace flatlan::reach {

/// The record with which flatland is asked for a test of its cluster. Error invalid_argument for
/// what cannot be tried across machines, or is too much for a record.
Result<std::string> cluster_request(const TestRequest& request);

/// Has the daemon at `socket` test its cluster, joins what all nodes told, and has it trace a few
/// of the pairs that fail. A node that could not be asked, or told not all, is a cause without
/// pairs. Errors: those of cluster_request and daemon::probe_cluster; corrupt for a record that
/// cannot be read.
Result<Outcome> test_cluster(const std::string& socket, const TestRequest& request);

/// The joining, and what `trace_members` finds behind failures. Where that ends before its time,
/// the causes that nothing explains say why.
Result<Outcome> outcome_of_cluster(const daemon::ClusterAnswer& answer,
                                   const trace::TraceMembers& trace_members);

}  // namespace flatlan::reach
