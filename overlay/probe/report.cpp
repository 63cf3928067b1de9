#include "overlay/probe/report.hpp"

#include <algorithm>
#include <iterator>

#include "overlay/probe/own_failure.hpp"

namespace flatlan::probe {

std::optional<RoundTrip> round_trip_of(std::vector<Duration> samples) {
    if (samples.empty()) return std::nullopt;
    std::ranges::sort(samples);
    const auto at_percent = [&](std::size_t percent) {
        return samples[(samples.size() * percent + 99) / 100 - 1];
    };
    return RoundTrip{samples.front(), at_percent(50), at_percent(99), samples.size()};
}

bool Report::is_held_up() const {
    // A twentieth of the time is more than a scheduler takes away on a machine that keeps up.
    constexpr int kStalledPart = 20;
    return backlog_drops > 0 || stalled * kStalledPart > took;
}

bool Report::may_be_late() const { return tester_overloaded() || run_delay.is_late(); }

bool Report::tester_overloaded() const { return is_held_up() || run_delay.is_heavy(); }

bool may_be_ours(const Failure& failure) {
    const Evidence& evidence = failure.evidence;
    if (evidence.fault) return evidence.fault->verdict == Verdict::tester_overloaded;
    if (evidence.sighting || evidence.answer_from || evidence.hops || evidence.twice) return false;
    return !evidence.refusal || evidence.refusal->kind == RefusalKind::own_limit;
}

Plan plan_to_confirm(const Plan& plan, std::span<const Failure> failures, std::size_t pairs_max) {
    Plan again;
    for (const Failure& failure : failures)
        if (may_be_ours(failure)) again.pairs.push_back(failure.pair);
    std::ranges::sort(again.pairs);
    again.pairs.erase(std::ranges::unique(again.pairs).begin(), again.pairs.end());
    if (const std::size_t all = again.pairs.size(); all > pairs_max) {
        for (std::size_t i = 0; i < pairs_max; ++i)
            again.pairs[i] = again.pairs[i * all / pairs_max];
        again.pairs.erase(again.pairs.begin() + static_cast<std::ptrdiff_t>(pairs_max),
                          again.pairs.end());
    }
    for (const Lane& lane : plan.lanes)
        if (std::ranges::any_of(failures, [&](const Failure& failure) {
                return failure.lane == lane && may_be_ours(failure);
            }))
            again.lanes.push_back(lane);
    return again;
}

void confirm_failures(std::vector<Failure>& failures, const Plan& again, const Report& second) {
    const auto blame_tester = [](Failure& failure) {
        failure.finding.verdict = Verdict::tester_overloaded;
        failure.evidence.overloaded = true;
    };
    const auto was_tried = [&](const Failure& failure) {
        return std::ranges::binary_search(again.pairs, failure.pair);
    };
    const std::size_t held = std::erase_if(failures, [&](Failure& failure) {
        if (!may_be_ours(failure) || !was_tried(failure)) return false;
        const auto failed = std::ranges::find_if(second.failures, [&](const Failure& other) {
            return other.pair == failure.pair && other.lane == failure.lane;
        });
        if (failed == second.failures.end()) return true;
        failure = *failed;
        if (may_be_ours(failure) && second.tester_overloaded()) blame_tester(failure);
        return false;
    });
    constexpr std::size_t kPart = 10;  // less is what comes and goes in any network
    if (held * kPart < held + second.failures.size()) return;
    for (Failure& failure : failures)
        if (may_be_ours(failure) && !was_tried(failure)) blame_tester(failure);
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
