#pragma once

#include "overlay/probe/cluster/probe_keys.hpp"
#include "overlay/probe/io/cluster/own_stretch.hpp"
#include "tools/daemon/probes/own_members.hpp"
#include "tools/daemon/probes/run_records.hpp"

namespace flatlan::daemon {

/// A node's part in a trace over nodes: says whether it is ready, and answers what it is asked, one
/// question after another, until nobody wants the trace any more: that is the error interrupted, as
/// is a trace that is not this node's. What it opened is closed by then.
Result<void> take_part_in_trace(RunRecords& records, const probe::RunKeys& keys,
                                const NodeName& node, OwnMembers own,
                                const trace::OwnTunnel& tunnel, Instant deadline);

}  // namespace flatlan::daemon
