#include "tools/reach/outcome.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/reach/explained.hpp"

namespace flatlan::reach {
namespace {

using Json = nlohmann::ordered_json;

double microseconds(Duration span) { return static_cast<double>(span.count()) / 1000.0; }

std::int64_t milliseconds(Duration span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

Json json_of(const Outcome& outcome, const probe::Failure& failure) {
    return {{"from", outcome.members[failure.pair.from.value()].name},
            {"to", outcome.members[failure.pair.to.value()].name},
            {"family", static_cast<int>(failure.lane.family)},
            {"protocol", to_string(failure.lane.protocol)},
            {"property", to_string(failure.finding.property)},
            {"verdict", to_string(failure.finding.verdict)}};
}

Json json_of(const probe::Cause& cause) {
    return {{"verdict", to_string(cause.verdict)}, {"hop", cause.hop},   {"scope", cause.scope},
            {"evidence", cause.evidence},          {"mend", cause.mend}, {"pairs", cause.pairs}};
}

Json json_of(const trial::TrialReport& trials) {
    Json counts = Json::array();
    for (const trial::TrialCount& count : trials.counts)
        counts.push_back(
            {{"kind", to_string(count.kind)}, {"tried", count.tried}, {"failed", count.failed}});
    return counts;
}

Json summary(const Outcome& outcome) {
    const probe::Report& report = outcome.report;
    Json round_trip = nullptr;
    if (report.round_trip)
        round_trip = {{"min", microseconds(report.round_trip->least)},
                      {"p50", microseconds(report.round_trip->p50)},
                      {"p99", microseconds(report.round_trip->p99)},
                      {"samples", report.round_trip->samples}};
    Json path_mtu = nullptr;
    if (const auto& span = outcome.trials.path_mtu_octets)
        path_mtu = {{"min", span->least}, {"max", span->greatest}};
    Json causes = Json::array();
    for (const probe::Cause& cause : outcome.causes)
        causes.push_back(json_of(cause));
    return {{"lab", outcome.lab},
            {"pods", outcome.pods},
            {"nodes", outcome.nodes},
            {"checks", report.tally.checks},
            {"failed", report.failures.size()},
            {"untried_pairs", outcome.untried_pairs()},
            {"duration_ms", milliseconds(report.took)},
            {"rtt_us", std::move(round_trip)},
            {"trials", json_of(outcome.trials)},
            {"path_mtu", std::move(path_mtu)},
            {"stream_packets",
             {{"sent", outcome.trials.packets_sent}, {"lost", outcome.trials.packets_lost}}},
            {"retried", report.tally.retried},
            {"duplicates", report.tally.duplicates},
            {"tester_overloaded", report.tester_overloaded()},
            {"tester",
             {{"waited_ms", milliseconds(report.run_delay.waited)},
              {"of_ms", milliseconds(report.run_delay.of)},
              {"others_ms", milliseconds(report.run_delay.others)},
              {"processors_ms", milliseconds(report.run_delay.processors)},
              {"backlog_drops", report.backlog_drops}}},
            {"causes", std::move(causes)},
            {"untraced", outcome.untraced}};
}

/// As if the trials had been checks, so that "all pairs" are those that were tried.
probe::Plan plan_of(std::span<const trial::Trial> trials) {
    probe::Plan plan;
    for (const trial::Trial& trial : trials) {
        plan.pairs.push_back(trial.pair);
        if (std::ranges::find(plan.lanes, trial.lane()) == plan.lanes.end())
            plan.lanes.push_back(trial.lane());
    }
    std::ranges::sort(plan.pairs);
    plan.pairs.erase(std::ranges::unique(plan.pairs).begin(), plan.pairs.end());
    return plan;
}

}  // namespace

Result<Outcome> run_test(const Targets& targets, const TestRequest& request,
                         const Explain& explain) {
    FLATLAN_TRY(plan, probe::make_plan(targets.members, request.plan));
    const probe::Field field{targets.members, targets.networks, targets.carrier};
    const probe::HopRule hops{targets.members, 0};
    FLATLAN_TRY(report,
                probe::run_plan(field, plan, {.hops = targets.nodes_route ? &hops : nullptr}));
    const auto trials = trial::select_trials(targets.members, plan, report.failures, request.trials,
                                             request.plan.seed);
    const Instant trials_began = probe::monotonic_now();
    FLATLAN_TRY(trial_report, trial::run_trials(field, trials, request.plan.seed));
    report.took += probe::monotonic_now() - trials_began;
    report.run_delay += trial_report.run_delay;

    FLATLAN_TRY(causes, causes_of(targets.members, plan, report.failures, explain));
    Outcome outcome{.lab = targets.lab,
                    .members = targets.members,
                    .pods = targets.pods(),
                    .nodes = targets.nodes(),
                    .plan = std::move(plan),
                    .report = std::move(report),
                    .causes = std::move(causes.found),
                    .untraced = causes.untraced};
    FLATLAN_TRY_VOID(add_trials(outcome, trials, std::move(trial_report), explain));
    return outcome;
}

Result<void> add_trials(Outcome& outcome, std::span<const trial::Trial> trials,
                        trial::TrialReport report, const Explain& explain) {
    FLATLAN_TRY(causes, causes_of(outcome.members, plan_of(trials), report.failures, explain));
    std::ranges::move(causes.found, std::back_inserter(outcome.causes));
    outcome.untraced += causes.untraced;
    std::ranges::copy(report.failures, std::back_inserter(outcome.report.failures));
    std::ranges::stable_sort(outcome.report.failures, {}, [](const probe::Failure& failure) {
        return std::pair{failure.pair, failure.lane};
    });
    outcome.trials = std::move(report);
    return success();
}

std::vector<const probe::Cause*> Outcome::untested() const {
    std::vector<const probe::Cause*> untested;
    for (const probe::Cause& cause : causes)
        if (cause.pairs == 0) untested.push_back(&cause);
    return untested;
}

std::size_t Outcome::failed_trials() const {
    std::size_t failed = 0;
    for (const trial::TrialCount& count : trials.counts)
        failed += count.failed;
    return failed;
}

std::string outcome_json(const Outcome& outcome) {
    Json json = summary(outcome);
    Json failures = Json::array();
    for (const probe::Failure& failure : outcome.report.failures)
        failures.push_back(json_of(outcome, failure));
    json["failures"] = std::move(failures);
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string summary_json(const Outcome& outcome) {
    return summary(outcome).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace flatlan::reach
