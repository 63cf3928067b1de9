#include "tools/daemon/api/cluster_join.hpp"

#include <algorithm>
#include <iterator>

#include "overlay/probe/cluster/cluster_plan.hpp"
#include "overlay/probe/cluster/join.hpp"

namespace flatlan::daemon {
namespace {

Result<std::vector<probe::Member>> members_of(const ClusterAnswer& answer) {
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

Result<probe::NodeNotes> told_by(const ClusterAnswer::Node& node, std::size_t members) {
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

Result<void> add_trials(const ClusterAnswer& answer, JoinedTest& joined) {
    if (answer.trials.empty()) return success();
    const std::size_t members = joined.members.size();
    FLATLAN_TRY(call, probe::trial_call_from_record(answer.trials, joined.members));
    joined.trials = std::move(call.trials);
    for (const ClusterAnswer::Node& node : answer.nodes)
        for (const std::string& page : node.tried)
            FLATLAN_TRY_VOID(probe::add_page(page, members, joined.trial_report));
    std::ranges::sort(joined.trial_report.failures, {}, [](const probe::Failure& failure) {
        return std::pair{failure.pair, failure.lane};
    });
    return success();
}

/// What failed with somebody who was removed meanwhile says nothing of the network.
void lay_to(probe::MemberId gone, std::vector<probe::Failure>& failures) {
    for (probe::Failure& failure : failures) {
        if (failure.pair.from != gone && failure.pair.to != gone) continue;
        failure.finding = {probe::Property::arrives, probe::Verdict::pod_missing};
        failure.evidence = {.fault = probe::MemberFault{gone, probe::Verdict::pod_missing},
                            .trial = std::move(failure.evidence.trial)};
    }
}

Result<void> lay_to_removed(const ClusterAnswer& answer, JoinedTest& joined) {
    for (const ClusterAnswer::Node& node : answer.nodes) {
        FLATLAN_TRY(name, NodeName::from(node.name));
        for (const std::string& record : node.gone) {
            FLATLAN_TRY(gone, probe::gone_from_record(record, joined.members, name));
            for (const probe::MemberId member : gone) {
                lay_to(member, joined.report.failures);
                lay_to(member, joined.trial_report.failures);
            }
        }
    }
    return success();
}

}  // namespace

Result<JoinedTest> join_answer(const ClusterAnswer& answer) {
    JoinedTest joined;
    FLATLAN_TRY(roster, probe::roster_from_record(answer.roster));
    joined.roster = std::move(roster);
    FLATLAN_TRY(members, members_of(answer));
    joined.members = std::move(members);
    FLATLAN_TRY(plan, probe::make_cluster_plan(joined.members, joined.roster.request));
    joined.plan = std::move(plan);
    std::vector<probe::NodeNotes> told;
    for (const ClusterAnswer::Node& node : answer.nodes) {
        FLATLAN_TRY(notes, told_by(node, joined.members.size()));
        if (!notes.summary.trouble.empty())
            joined.incomplete.push_back({node.name, "tested not all: " + notes.summary.trouble});
        told.push_back(std::move(notes));
    }
    joined.report = probe::join_notes(joined.members, joined.plan, told);
    FLATLAN_TRY_VOID(add_trials(answer, joined));
    FLATLAN_TRY_VOID(lay_to_removed(answer, joined));
    joined.report.run_delay += joined.trial_report.run_delay;
    joined.report.took = answer.took;
    return joined;
}

}  // namespace flatlan::daemon
