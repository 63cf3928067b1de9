#include "tools/reach/cluster_outcome.hpp"

#include <algorithm>
#include <iterator>

#include "overlay/probe/cluster/probe_records.hpp"
#include "tools/daemon/api/cluster_client.hpp"
#include "tools/daemon/api/cluster_join.hpp"

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

}  // namespace

Result<Outcome> test_cluster(const std::string& socket, const TestRequest& request) {
    FLATLAN_TRY(wanted, cluster_request(request));
    FLATLAN_TRY(answer, daemon::probe_cluster(socket, wanted));
    return outcome_of_cluster(answer);
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

Result<Outcome> outcome_of_cluster(const daemon::ClusterAnswer& answer) {
    FLATLAN_TRY(joined, daemon::join_answer(answer));
    Targets targets;
    targets.members = std::move(joined.members);
    std::vector<probe::Cause> causes;
    for (const auto& [node, why] : answer.silent)
        causes.push_back(silence_of(node, why));
    for (const auto& [node, why] : joined.incomplete)
        causes.push_back(silence_of(node, why));
    std::ranges::move(probe::find_causes(targets.members, joined.plan, joined.report.failures),
                      std::back_inserter(causes));
    Outcome outcome{.lab = {},
                    .members = targets.members,
                    .pods = targets.pods(),
                    .nodes = targets.nodes(),
                    .plan = std::move(joined.plan),
                    .report = std::move(joined.report),
                    .causes = std::move(causes)};
    FLATLAN_TRY_VOID(add_trials(outcome, joined.trials, std::move(joined.trial_report)));
    return outcome;
}

}  // namespace flatlan::reach
