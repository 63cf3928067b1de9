#pragma once

#include <functional>
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

/// For a lane that answers other machines' probes too: it stays when its own round is over.
struct LaneStay {
    /// Called again and again from then on, with LaneResult::stalled until then.
    std::function<void(Duration stalled)> on_done;
    std::function<bool()> is_over;
};

/// Lets `round` run over sockets that are open, and then answers until `stay` is over.
Result<LaneResult> drive_lane(Epoll& epoll, LaneSockets& sockets, Round& round,
                              const LaneStay& stay);

/// Opens the lane's sockets for `members`, lets `round` run to its end, and closes them. `run` is
/// the number with which `round` was made.
Result<LaneResult> run_lane(const Field& field, const Lane& lane, std::span<const MemberId> members,
                            std::uint32_t run, Round& round);

}  // namespace flatlan::probe
