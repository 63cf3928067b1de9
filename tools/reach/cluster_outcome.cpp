#include "tools/reach/cluster_outcome.hpp"

#include <algorithm>
#include <iterator>

#include "overlay/probe/cluster/join.hpp"
#include "overlay/probe/cluster/probe_records.hpp"
#include "tools/daemon/api/cluster_client.hpp"

namespace flatlan::reach {
namespace {

Result<std::vector<probe::Member>> members_of(const daemon::ClusterAnswer& answer) {
    std::vector<probe::Member> members;
    for (const auto& [node, record] : answer.members) {
        FLATLAN_TRY(name, NodeName::from(node));
        FLATLAN_TRY(sheet, probe::members_from_record(record, name));
        std::ranges::move(sheet.members, std::back_inserter(members));
    }
    return members;
}

Result<probe::Notes> notes_of(const std::vector<std::string>& pages, std::size_t members) {
    probe::Notes notes;
    for (const std::string& page : pages)
        FLATLAN_TRY_VOID(probe::add_page(page, members, notes));
    return notes;
}

Result<probe::NodeNotes> told_by(const daemon::ClusterAnswer::Node& node, std::size_t members) {
    FLATLAN_TRY(name, NodeName::from(node.name));
    FLATLAN_TRY(summary, probe::summary_from_record(node.summary));
    FLATLAN_TRY(sent, notes_of(node.sent, members));
    probe::NodeNotes told{.node = name, .summary = summary, .sent = std::move(sent), .seen = {}};
    if (node.seen) {
        FLATLAN_TRY(seen, notes_of(*node.seen, members));
        told.seen = std::move(seen);
    }
    return told;
}

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
    constexpr std::size_t kRecordMaxBytes = 60 * 1024;  // of the 64 KiB of a registry's value
    if (request.trials == trial::TrialExtent::all)
        return Error{ErrorCode::invalid_argument,
                     "large packets and transfers are not tried across machines"}
            .at("--deep")
            .expecting("--cluster without it");
    std::string record = to_record(probe::Roster{0, {}, request.plan});
    if (record.size() > kRecordMaxBytes)
        return Error{ErrorCode::invalid_argument,
                     std::to_string(request.plan.pairs.size()) + " pairs are too many by name"}
            .at("--pairs")
            .expecting("fewer, or --sample");
    return record;
}

Result<Outcome> outcome_of_cluster(const daemon::ClusterAnswer& answer) {
    FLATLAN_TRY(roster, probe::roster_from_record(answer.roster));
    Targets targets;
    FLATLAN_TRY(members, members_of(answer));
    targets.members = std::move(members);
    FLATLAN_TRY(plan, probe::make_plan(targets.members, roster.request));
    std::vector<probe::NodeNotes> told;
    std::vector<probe::Cause> causes;
    for (const auto& [node, why] : answer.silent)
        causes.push_back(silence_of(node, why));
    for (const daemon::ClusterAnswer::Node& node : answer.nodes) {
        FLATLAN_TRY(notes, told_by(node, targets.members.size()));
        if (!notes.summary.trouble.empty())
            causes.push_back(silence_of(node.name, "tested not all: " + notes.summary.trouble));
        told.push_back(std::move(notes));
    }
    probe::Report report = join_notes(targets.members, plan, told);
    report.took = answer.took;
    std::ranges::move(probe::find_causes(targets.members, plan, report.failures),
                      std::back_inserter(causes));
    return Outcome{.lab = {},
                   .members = targets.members,
                   .pods = targets.pods(),
                   .nodes = targets.nodes(),
                   .plan = std::move(plan),
                   .report = std::move(report),
                   .causes = std::move(causes)};
}

}  // namespace flatlan::reach
