#include "tools/reach/cluster_outcome.hpp"

#include <algorithm>
#include <iterator>

#include "overlay/probe/cluster/probe_records.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "tools/daemon/api/cluster_client.hpp"
#include "tools/daemon/api/cluster_join.hpp"
#include "tools/reach/explained.hpp"

namespace flatlan::reach {
namespace {

probe::Cause silence_of(const std::string& node, const std::string& why) {
    return {.verdict = probe::Verdict::unknown,
            .hop = "node/" + node,
            .scope = "what concerns node " + node + " was not tested, or not all of it",
            .evidence = node + " " + why,
            .mend = "flatlan node status, on " + node + " itself, and what its flatland logs",
            .pairs = 0,
            .checks = 0};
}

/// No trace is begun later than this after the first one.
constexpr Duration kToTrace = std::chrono::seconds{20};

/// Has the daemon at `socket` trace, as `flatlan trace --cluster` does.
trace::TraceMembers tracing_by(const std::string& socket) {
    return [socket, began = std::optional<Instant>{}](
               const probe::Member& from, const probe::Member& to,
               const probe::Lane& lane) mutable -> Result<trace::TraceReport> {
        const Instant now = probe::monotonic_now();
        if (!began) began = now;
        if (now - *began > kToTrace)
            return Error{ErrorCode::timed_out, "those that were traced took too long"};
        FLATLAN_TRY(traced, daemon::trace_cluster(socket, {.from = from.name,
                                                           .to = to.name,
                                                           .family = lane.family,
                                                           .protocol = lane.protocol}));
        return std::move(traced.report);
    };
}

/// Tells with what nothing explains why it was not traced.
void tell_untraced(const std::vector<std::string>& explained, const std::string& why,
                   std::vector<probe::Cause>& causes) {
    if (why.empty()) return;
    for (probe::Cause& cause : causes)
        if (cause.pairs > 0 && std::ranges::find(explained, cause.evidence) == explained.end())
            cause.evidence += "; it was not traced: " + why;
}

}  // namespace

Result<Outcome> test_cluster(const std::string& socket, const TestRequest& request) {
    FLATLAN_TRY(wanted, cluster_request(request));
    FLATLAN_TRY(answer, daemon::probe_cluster(socket, wanted));
    return outcome_of_cluster(answer, tracing_by(socket));
}

Result<std::string> cluster_request(const TestRequest& request) {
    constexpr std::size_t kRecordMaxBytes = 60 * 1024;  // each node of the cluster reads it
    if (request.trials == trial::TrialExtent::all)
        return Error{ErrorCode::invalid_argument,
                     "not every pair's large packets are tried across machines"}
            .at("--deep")
            .expecting("--cluster without it: those of one pair for each way");
    std::string record = to_record(probe::Roster{0, {}, request.plan, request.trials});
    if (record.size() > kRecordMaxBytes)
        return Error{ErrorCode::invalid_argument,
                     std::to_string(request.plan.pairs.size()) + " pairs are too many by name"}
            .at("--pairs")
            .expecting("fewer, or --sample");
    return record;
}

Result<Outcome> outcome_of_cluster(const daemon::ClusterAnswer& answer,
                                   const trace::TraceMembers& trace_members) {
    FLATLAN_TRY(joined, daemon::join_answer(answer));
    Targets targets;
    targets.members = std::move(joined.members);
    trace::SampledAttribution sampled{targets.members, trace_members};
    std::vector<std::string> explained;
    const Explain explain = [&](std::span<const probe::Failure> failures) {
        trace::Attribution found = sampled.explain(failures);
        for (const probe::Explanation& text : found.texts)
            explained.push_back(text.evidence);
        return Result<trace::Attribution>{std::move(found)};
    };
    std::vector<probe::Cause> causes;
    for (const auto& [node, why] : answer.silent)
        causes.push_back(silence_of(node, why));
    for (const auto& [node, why] : joined.incomplete)
        causes.push_back(silence_of(node, why));
    FLATLAN_TRY(found, causes_of(targets.members, joined.plan, joined.report.failures, explain));
    std::ranges::move(found.found, std::back_inserter(causes));
    Outcome outcome{.lab = {},
                    .members = targets.members,
                    .pods = targets.pods(),
                    .nodes = targets.nodes(),
                    .plan = std::move(joined.plan),
                    .report = std::move(joined.report),
                    .causes = std::move(causes)};
    FLATLAN_TRY_VOID(add_trials(outcome, joined.trials, std::move(joined.trial_report), explain));
    tell_untraced(explained, sampled.trouble(), outcome.causes);
    return outcome;
}

}  // namespace flatlan::reach
