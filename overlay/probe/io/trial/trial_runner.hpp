#pragma once

#include <functional>
#include <span>

#include "overlay/base/time.hpp"
#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/trial/far_end.hpp"
#include "overlay/probe/trial/report.hpp"

namespace flatlan::trial {

/// How trials are made.
struct TrialOptions {
    /// Trials under way at the same time, each on a thread of its own: most of a trial that fails
    /// is waiting.
    unsigned threads = 16;
    std::uint64_t transfer_octets = 128 * 1024;
    /// Of members on other machines: where they answer. Their TrialHost has the same seed.
    Doors doors{};
    /// Of members on other machines: for how long at a time that machine or this one could not run
    /// since then. Asked by several threads, where something did not come and nobody said why.
    std::function<Duration(probe::MemberId receiver, Instant since)> held_up{};
    /// Asked before each trial: then no further one is made.
    std::function<bool()> is_over{};
};

/// Makes all trials. `seed` gives the packets' tokens and a transfer's content. Error forbidden
/// when the tester may not enter a namespace.
Result<TrialReport> run_trials(const probe::Field& field, std::span<const Trial> trials,
                               std::uint64_t seed, const TrialOptions& options = {});

}  // namespace flatlan::trial
