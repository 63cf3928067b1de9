#include "tools/reach/changes.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tools/reach/sample_outcome.hpp"

namespace flatlan::reach {
namespace {

bool to_first(const probe::Member& from, const probe::Member& to) {
    return from.name == "default/p2" && to.name == "default/p1";
}
bool to_second(const probe::Member& from, const probe::Member& to) {
    return from.name == "default/p1" && to.name == "default/p2";
}

TEST(Changes, AreNoneWhileTheSameChecksFail) {
    const Outcome outcome = sample_outcome(1, 2, to_first);
    EXPECT_TRUE(changes_since(outcome, outcome).empty());
    EXPECT_EQ(changes_text({}), "");
}

TEST(Changes, TellWhatFailsNowAndThenWhatNoLongerDoes) {
    const auto changes =
        changes_since(sample_outcome(1, 2, to_first), sample_outcome(1, 2, to_second));
    EXPECT_EQ(changes_text(changes),
              "    p1 to p2, UDP over IPv4: fails now: no_route\n"
              "    p2 to p1, UDP over IPv4: no longer: no_route\n");
}

TEST(Changes, TellOfAnotherReason) {
    const Outcome before = sample_outcome(1, 2, to_first);
    Outcome now = before;
    now.report.failures.front().finding.verdict = probe::Verdict::filtered;
    EXPECT_EQ(changes_text(changes_since(before, now)),
              "    p2 to p1, UDP over IPv4: fails now: filtered, before: no_route\n");
}

TEST(Changes, KnowATrialFromACheckOfItsLane) {
    const Outcome before = sample_outcome(1, 2, to_first);
    Outcome now = before;
    now.report.failures.front().evidence.trial = "nothing of 1400 octets came";
    EXPECT_EQ(changes_since(before, now).size(), 2U);
}

TEST(Changes, SayThatAMemberIsGoneAndNotThatItIsMended) {
    const Outcome before = sample_outcome(1, 2, to_first);
    Outcome now = sample_outcome(1, 2, never);
    std::erase_if(now.members, [](const auto& member) { return member.name == "default/p2"; });
    EXPECT_EQ(changes_text(changes_since(before, now)),
              "    p2 to p1, UDP over IPv4: not tested any more, before: no_route\n");
}

TEST(Changes, CompareMembersByTheirNames) {
    // With a node more, every pod has another number.
    const auto changes =
        changes_since(sample_outcome(1, 2, to_first), sample_outcome(2, 2, to_first));
    EXPECT_TRUE(changes.empty());
}

TEST(Changes, TellTheFirstOfMany) {
    const auto all = [](const auto&, const auto&) { return true; };
    const std::string text =
        changes_text(changes_since(sample_outcome(2, 2, never), sample_outcome(2, 2, all)));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11);
    EXPECT_NE(text.find("and 26 more"), std::string::npos) << text;
}

}  // namespace
}  // namespace flatlan::reach
