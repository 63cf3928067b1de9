#include "tools/reach/changes.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "overlay/base/text.hpp"
#include "tools/reach/matrix.hpp"

namespace flatlan::reach {
namespace {

constexpr std::size_t kLinesMax = 10;

/// A check's members' names and lane.
/// With the property of a trial: several are tried in one lane.
using Key = std::tuple<std::string, std::string, probe::Lane, std::optional<probe::Property>>;
using Failures = std::map<Key, probe::Verdict>;

Failures failures_of(const Outcome& outcome) {
    Failures failures;
    for (const probe::Failure& failure : outcome.report.failures) {
        std::optional<probe::Property> tried;
        if (!failure.evidence.trial.empty()) tried = failure.finding.property;
        failures.emplace(
            Key{short_name(outcome.members[failure.pair.from.value()]),
                short_name(outcome.members[failure.pair.to.value()]), failure.lane, tried},
            failure.finding.verdict);
    }
    return failures;
}

std::set<std::string> names_of(const Outcome& outcome) {
    std::set<std::string> names;
    for (const probe::Member& member : outcome.members)
        names.insert(short_name(member));
    return names;
}

Change change_of(const Key& key, Change::Kind kind, probe::Verdict verdict, probe::Verdict before) {
    const auto& [from, to, lane, tried] = key;
    return {from, to, lane, kind, verdict, before};
}

std::string words_of(const Change& change) {
    const std::string verdict{to_string(change.verdict)};
    switch (change.kind) {
        case Change::Kind::fails:
            return "fails now: " + verdict;
        case Change::Kind::differs:
            return "fails now: " + verdict + ", before: " + std::string{to_string(change.before)};
        case Change::Kind::mended:
            return "no longer: " + verdict;
        case Change::Kind::untested:
            return "not tested any more, before: " + verdict;
    }
    return verdict;
}

/// By the node, why it was not tested.
std::map<std::string, std::string> untested_of(const Outcome& outcome) {
    std::map<std::string, std::string> untested;
    for (const probe::Cause* cause : outcome.untested())
        untested.emplace(cause->hop, cause->evidence);
    return untested;
}

}  // namespace

std::vector<Change> changes_since(const Outcome& before, const Outcome& now) {
    const Failures was = failures_of(before);
    const Failures is = failures_of(now);
    const std::set<std::string> members = names_of(now);
    std::vector<Change> changes;
    for (const auto& [key, verdict] : is) {
        const auto old = was.find(key);
        if (old == was.end())
            changes.push_back(change_of(key, Change::Kind::fails, verdict, verdict));
        else if (old->second != verdict)
            changes.push_back(change_of(key, Change::Kind::differs, verdict, old->second));
    }
    for (const auto& [key, verdict] : was) {
        if (is.contains(key)) continue;
        const bool tested =
            members.contains(std::get<0>(key)) && members.contains(std::get<1>(key));
        changes.push_back(change_of(key, tested ? Change::Kind::mended : Change::Kind::untested,
                                    verdict, verdict));
    }
    std::stable_sort(changes.begin(), changes.end(),
                     [](const Change& one, const Change& other) { return one.kind < other.kind; });
    return changes;
}

std::string changes_text(const std::vector<Change>& changes) {
    std::string text;
    for (std::size_t i = 0; i < changes.size() && i < kLinesMax; ++i) {
        const Change& change = changes[i];
        text += "    " + change.from + " to " + change.to + ", " + to_string(change.lane) + ": " +
                words_of(change) + "\n";
    }
    if (changes.size() > kLinesMax)
        text += "    and " + std::to_string(changes.size() - kLinesMax) + " more\n";
    return text;
}

std::string untested_changes_text(const Outcome& before, const Outcome& now) {
    const auto was = untested_of(before);
    const auto is = untested_of(now);
    std::string text;
    for (const auto& [node, why] : is) {
        const auto known = was.find(node);
        if (known == was.end() || known->second != why)
            text += "    " + node + ": not tested, or not wholly: " + for_terminal(why) + "\n";
    }
    for (const auto& [node, why] : was)
        if (!is.contains(node)) text += "    " + node + ": tested again\n";
    return text;
}

}  // namespace flatlan::reach
