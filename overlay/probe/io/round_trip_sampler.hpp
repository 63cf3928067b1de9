#pragma once

#include <vector>

#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/plan.hpp"

namespace flatlan::probe {

/// Sends `count` echo requests, one at a time with a pause between, over pairs of different members
/// drawn from the plan with `seed`, and returns the times that their answers took: from when the
/// sender's device took the request (SO_TIMESTAMPING; where the kernel does not say, from before
/// the system call that sends, as ping(8) does) to when its kernel received the answer. Fewer where
/// answers do not come; none without an ICMP lane. Pairs that stand in `failures` are left out.
Result<std::vector<Duration>> sample_round_trips(const Field& field, const Plan& plan,
                                                 std::span<const Failure> failures,
                                                 std::uint64_t seed, std::size_t count);

}  // namespace flatlan::probe
