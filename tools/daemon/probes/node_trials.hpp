#pragma once

#include "overlay/probe/cluster/probe_keys.hpp"
#include "overlay/probe/io/lane_sockets.hpp"
#include "tools/daemon/probes/run_records.hpp"

namespace flatlan::daemon {

/// A node's part of what is tried once the checks of a test have come out: opens the doors of its
/// members whom others try, tries what its own members send, and tells what came of it, with
/// `conclusion` last. Returns when nobody asks any more; errors as of RunRecords and
/// trial::run_trials.
Result<void> take_part_in_trials(RunRecords& records, const probe::RunKeys& keys,
                                 const NodeName& node, const probe::Field& field, Instant deadline,
                                 const std::function<std::string()>& conclusion);

}  // namespace flatlan::daemon
