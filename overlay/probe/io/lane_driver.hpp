#pragma once

#include <vector>

#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/run_delay.hpp"

namespace flatlan::probe {

/// What came of one lane.
struct LaneResult {
    std::vector<Failure> failures;
    RoundTally tally;
    Duration stalled;  ///< for how long this thread could not run though it was due
    RunDelay run_delay;
};

/// Opens the lane's sockets for `members`, lets `round` run to its end, and closes them. `run` is
/// the number with which `round` was made.
Result<LaneResult> run_lane(const Field& field, const Lane& lane, std::span<const MemberId> members,
                            std::uint32_t run, Round& round);

}  // namespace flatlan::probe
