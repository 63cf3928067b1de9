#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "overlay/base/time.hpp"
#include "overlay/probe/plan.hpp"
#include "overlay/probe/round.hpp"
#include "overlay/probe/run_delay.hpp"

namespace flatlan::probe {

/// Round trips of echo requests, sent one at a time when nothing else was under way.
struct RoundTrip {
    Duration least;
    Duration p50;
    Duration p99;
    std::size_t samples;
};

/// The least of the samples, their p50 and p99 (nearest rank); empty when there are none.
std::optional<RoundTrip> round_trip_of(std::vector<Duration> samples);

/// What came of a plan.
struct Report {
    RoundTally tally;
    std::vector<Failure> failures;  ///< by pair and lane
    Duration took{};
    std::optional<RoundTrip> round_trip{};
    /// For how long the tester itself could not run though it was due: its times are then not the
    /// network's.
    Duration stalled{};
    RunDelay run_delay{};
    /// Packets that the kernel dropped during the test because a processor's backlog was full
    /// (/proc/net/softnet_stat), whoever sent them.
    std::uint64_t backlog_drops = 0;

    /// Whether an answer may have come too late, or been dropped, through this machine, be it by
    /// the test's own load.
    bool may_be_late() const;
    /// Whether that was since the machine was too busy with others for the times, and for losses,
    /// to be believed.
    bool tester_overloaded() const;

private:
    bool is_held_up() const;
};

/// What is to be tried once more after a test on a machine that was too busy: the pairs of which
/// something failed in silence, or for want of something of the tester's own, on those lanes; of
/// more than `pairs_max` pairs so many, spread evenly.
Plan plan_to_confirm(const Plan& plan, std::span<const Failure> failures, std::size_t pairs_max);
/// Takes out of `failures` what holds in the second test, which tried `again`. What fails in it too
/// stays; where the machine was too busy again, as tester_overloaded. So are those called that were
/// too many to be tried again, unless more than nine tenths of what was tried failed again.
void confirm_failures(std::vector<Failure>& failures, const Plan& again, const Report& second);

/// Blames the failures of pairs with a member that has vanished on that: pod_missing.
void blame_vanished(std::vector<Failure>& failures, std::span<const MemberId> vanished);

}  // namespace flatlan::probe
