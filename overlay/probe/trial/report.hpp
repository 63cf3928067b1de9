#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "overlay/probe/run_delay.hpp"
#include "overlay/probe/trial/trial.hpp"

namespace flatlan::trial {

/// How many trials of a kind there were.
struct TrialCount {
    TrialKind kind;
    std::size_t tried = 0;
    std::size_t failed = 0;
};

/// Least and greatest of what was found.
struct Span {
    std::uint32_t least;
    std::uint32_t greatest;

    static void widen(std::optional<Span>& span, std::uint32_t value) {
        span = span ? Span{std::min(span->least, value), std::max(span->greatest, value)}
                    : Span{value, value};
    }
};

/// What came of all trials of a test.
struct TrialReport {
    std::vector<TrialCount> counts;        ///< of the kinds that were tried
    std::vector<probe::Failure> failures;  ///< by pair and lane
    std::optional<Span> path_mtu_octets{};
    std::uint64_t packets_sent = 0;  ///< in streams
    std::uint64_t packets_lost = 0;  ///< of these: no answer came
    probe::RunDelay run_delay{};
};

/// Large packets that vanish explain a transfer that stops.
void blame_path_mtu(std::vector<probe::Failure>& failures);

}  // namespace flatlan::trial
