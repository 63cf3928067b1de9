#include "overlay/probe/report.hpp"

#include <algorithm>

namespace flatlan::probe {

std::optional<RoundTrip> round_trip_of(std::vector<Duration> samples) {
    if (samples.empty()) return std::nullopt;
    std::ranges::sort(samples);
    const auto at_percent = [&](std::size_t percent) {
        return samples[(samples.size() * percent + 99) / 100 - 1];
    };
    return RoundTrip{at_percent(50), at_percent(99), samples.size()};
}

bool Report::tester_overloaded() const {
    // A twentieth of the time is more than a scheduler takes away on a machine that keeps up.
    constexpr int kStalledPart = 20;
    return backlog_drops > 0 || stalled * kStalledPart > took;
}

void blame_vanished(std::vector<Failure>& failures, std::span<const MemberId> vanished) {
    const auto is_vanished = [&](MemberId member) {
        return std::ranges::find(vanished, member) != vanished.end();
    };
    for (Failure& failure : failures) {
        const bool to = is_vanished(failure.pair.to);
        if (!to && !is_vanished(failure.pair.from)) continue;
        failure.evidence.fault =
            MemberFault{to ? failure.pair.to : failure.pair.from, Verdict::pod_missing};
        failure.finding = {Property::arrives, Verdict::pod_missing};
    }
}

}  // namespace flatlan::probe
