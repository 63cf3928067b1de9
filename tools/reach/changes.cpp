#include "tools/reach/changes.hpp"

#include <map>
#include <tuple>

#include "overlay/base/text.hpp"
#include "tools/reach/matrix.hpp"

namespace flatlan::reach {
namespace {

constexpr std::size_t kLinesMax = 10;

/// A check's members' names and lane.
using Key = std::tuple<std::string, std::string, probe::Lane>;

std::map<Key, probe::Verdict> failures_of(const Outcome& outcome) {
    std::map<Key, probe::Verdict> failures;
    for (const probe::Failure& failure : outcome.report.failures)
        failures.emplace(Key{short_name(outcome.members[failure.pair.from.value()]),
                             short_name(outcome.members[failure.pair.to.value()]), failure.lane},
                         failure.finding.verdict);
    return failures;
}

void add_missing(const std::map<Key, probe::Verdict>& failures,
                 const std::map<Key, probe::Verdict>& others, bool fails,
                 std::vector<Change>& changes) {
    for (const auto& [key, verdict] : failures) {
        if (others.contains(key)) continue;
        const auto& [from, to, lane] = key;
        changes.push_back({from, to, lane, fails, verdict});
    }
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
    const auto old_failures = failures_of(before);
    const auto new_failures = failures_of(now);
    std::vector<Change> changes;
    add_missing(new_failures, old_failures, true, changes);
    add_missing(old_failures, new_failures, false, changes);
    return changes;
}

std::string changes_text(const std::vector<Change>& changes) {
    std::string text;
    for (std::size_t i = 0; i < changes.size() && i < kLinesMax; ++i) {
        const Change& change = changes[i];
        text += "    " + change.from + " to " + change.to + ", " + to_string(change.lane) + ": " +
                (change.fails ? "fails now: " : "no longer: ") +
                std::string{to_string(change.verdict)} + "\n";
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
