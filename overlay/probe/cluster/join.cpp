#include "overlay/probe/cluster/join.hpp"

#include <algorithm>
#include <map>

#include "overlay/probe/cluster/witness.hpp"
#include "overlay/probe/own_failure.hpp"

namespace flatlan::probe {
namespace {

/// A check of the plan.
struct CheckKey {
    Pair pair;
    Lane lane;
    friend constexpr auto operator<=>(const CheckKey&, const CheckKey&) = default;
};

/// All notes by check.
struct Views {
    std::map<CheckKey, Evidence> senders;
    std::map<CheckKey, Evidence> receivers;
    std::set<CheckKey> seen;
    std::set<NodeName> ready;    ///< nodes that sent
    std::set<NodeName> telling;  ///< nodes that said what they saw
};

Views sort_notes(const std::vector<NodeNotes>& nodes) {
    Views views;
    for (const NodeNotes& of : nodes) {
        views.ready.insert(of.node);
        for (const CheckNote& note : of.sent.checks)
            views.senders.insert_or_assign({note.pair, note.lane}, note.evidence);
        if (!of.seen) continue;
        views.telling.insert(of.node);
        for (const CheckNote& note : of.seen->checks)
            views.receivers.insert_or_assign({note.pair, note.lane}, note.evidence);
        for (const auto& [lane, pair] : of.seen->seen)
            views.seen.insert({pair, lane});
    }
    return views;
}

/// What both ends saw of a check between nodes.
Evidence evidence_of(const Views& views, const CheckKey& key, bool receiver_tells) {
    const auto sender = views.senders.find(key);
    // Of what went well for it a sender tells nothing.
    Evidence evidence{.seen = true, .answered = true};
    if (sender != views.senders.end()) evidence = sender->second;
    if (evidence.fault || !receiver_tells) return evidence;
    evidence.seen = views.seen.contains(key);
    const auto receiver = views.receivers.find(key);
    if (receiver == views.receivers.end()) return evidence;
    const Evidence& seen = receiver->second;
    if (seen.sighting) {
        evidence.sighting = seen.sighting;
        evidence.source = seen.source;
        evidence.destination = seen.destination;
    }
    if (seen.hops) evidence.hops = seen.hops;
    if (seen.twice) evidence.twice = seen.twice;
    return evidence;
}

/// Half of what a check's answers are waited for, tries together (RoundLimits::patience): who
/// cannot run for so long may have let all of them come to nothing.
constexpr Duration kHeldUpMin = std::chrono::milliseconds{525};

/// What stayed away where one of the two machines was held up says nothing of the network.
void lay_to_held_up(std::span<const Member> members, const std::vector<NodeNotes>& nodes,
                    std::vector<Failure>& failures) {
    std::set<NodeName> held_up;
    for (const NodeNotes& of : nodes)
        if (of.seen && of.seen->stalled >= kHeldUpMin) held_up.insert(of.node);
    const auto is_held_up = [&](MemberId member) {
        const auto& node = members[member.value()].node;
        return node && held_up.contains(*node);
    };
    for (Failure& failure : failures) {
        if (!may_be_ours(failure)) continue;
        if (!is_held_up(failure.pair.from) && !is_held_up(failure.pair.to)) continue;
        failure.finding.verdict = Verdict::tester_overloaded;
        failure.evidence.overloaded = true;
    }
}

}  // namespace

Report join_notes(std::span<const Member> members, const Plan& plan,
                  const std::vector<NodeNotes>& nodes) {
    const Views views = sort_notes(nodes);
    Report report;
    for (const NodeNotes& of : nodes) {
        report.tally.checks += of.summary.checks;
        report.tally.retried += of.summary.retried;
        report.tally.duplicates += of.summary.duplicates;
        // They stall side by side: set against the time that all took, the worst one counts.
        report.stalled = std::max(report.stalled, of.summary.stalled);
        report.run_delay += of.summary.run_delay;
        for (const Lane& lane : plan.lanes)
            for (const Pair& pair : pairs_sent_by(of.node, members, plan, lane, views.ready)) {
                const CheckKey key{pair, lane};
                const auto sender = views.senders.find(key);
                const bool between = is_between_nodes(members, pair);
                if (!between && sender == views.senders.end()) continue;
                const bool tells =
                    between && views.telling.contains(*members[pair.to.value()].node);
                Evidence evidence = between ? evidence_of(views, key, tells) : sender->second;
                if (const auto finding = judge(pair, evidence))
                    report.failures.push_back({pair, lane, *finding, std::move(evidence)});
            }
    }
    lay_to_held_up(members, nodes, report.failures);
    std::ranges::sort(report.failures, {}, [](const Failure& failure) {
        return std::pair{failure.pair, failure.lane};
    });
    return report;
}

}  // namespace flatlan::probe
