#include "tools/reach/outcome.hpp"

#include <nlohmann/json.hpp>

#include "overlay/linux/rlimit.hpp"

namespace flatlan::reach {
namespace {

using Json = nlohmann::ordered_json;

double microseconds(Duration span) { return static_cast<double>(span.count()) / 1000.0; }

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

Json summary(const Outcome& outcome) {
    const probe::Report& report = outcome.report;
    Json round_trip = nullptr;
    if (report.round_trip)
        round_trip = {{"p50", microseconds(report.round_trip->p50)},
                      {"p99", microseconds(report.round_trip->p99)},
                      {"samples", report.round_trip->samples}};
    Json causes = Json::array();
    for (const probe::Cause& cause : outcome.causes)
        causes.push_back(json_of(cause));
    return {
        {"lab", outcome.lab},
        {"pods", outcome.pods},
        {"nodes", outcome.nodes},
        {"checks", report.tally.checks},
        {"failed", report.failures.size()},
        {"duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(report.took).count()},
        {"rtt_us", std::move(round_trip)},
        {"retried", report.tally.retried},
        {"duplicates", report.tally.duplicates},
        {"tester_overloaded", report.tester_overloaded()},
        {"causes", std::move(causes)}};
}

}  // namespace

Result<Outcome> run_test(const Targets& targets, const probe::PlanRequest& request,
                         const Explain& explain) {
    FLATLAN_TRY(plan, probe::make_plan(targets.members, request));
    if (auto raised = raise_open_files_limit(); !raised) return std::move(raised).error();
    const probe::Field field{targets.members, targets.networks};
    FLATLAN_TRY(report, probe::run_plan(field, plan, {}));
    trace::Attribution found;
    if (explain && !report.failures.empty()) {
        FLATLAN_TRY(explained, explain(report.failures));
        found = std::move(explained);
    }
    auto causes = probe::find_causes(targets.members, plan, report.failures, found.of_failure);
    for (std::size_t i = 0; i < found.of_failure.size(); ++i)
        if (found.of_failure[i] != nullptr)
            report.failures[i].finding.verdict = found.of_failure[i]->verdict;
    return Outcome{targets.lab,     targets.members,   targets.pods(),   targets.nodes(),
                   std::move(plan), std::move(report), std::move(causes)};
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
