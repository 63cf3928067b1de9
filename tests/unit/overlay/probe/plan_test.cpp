#include "overlay/probe/plan.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::probe {
namespace {

std::set<Pair> set_of(const Plan& plan) { return {plan.pairs.begin(), plan.pairs.end()}; }

TEST(Plan, HasEveryOrderedPairOnceAndTheDiagonal) {
    const auto members = cluster_of(3, 15);
    const Plan plan = make_plan(members, {}).value();
    EXPECT_EQ(plan.pairs.size(), 48U * 48U);
    EXPECT_EQ(set_of(plan).size(), plan.pairs.size());
    EXPECT_TRUE(set_of(plan).contains({MemberId{5}, MemberId{5}}));
    EXPECT_EQ(plan.lanes.size(), 6U);
    EXPECT_EQ(count_checks(members, plan), 48U * 48U * 6U);
}

TEST(Plan, LeavesNodesOutWhenAskedTo) {
    const auto members = cluster_of(2, 3);
    const Plan plan = make_plan(members, {.with_nodes = false}).value();
    EXPECT_EQ(plan.pairs.size(), 6U * 6U);
    for (const Pair& pair : plan.pairs)
        EXPECT_TRUE(pair.from.value() >= 2 && pair.to.value() >= 2);
}

TEST(Plan, GoesThroughSendersAndReceiversInTiles) {
    const auto members = cluster_of(1, 63);
    const Plan plan = make_plan(members, {}).value();
    std::set<MemberId> senders, receivers;
    for (const Pair& pair : std::span{plan.pairs}.first(256)) {
        senders.insert(pair.from);
        receivers.insert(pair.to);
    }
    EXPECT_EQ(senders.size(), 16U);
    EXPECT_EQ(receivers.size(), 16U);
}

TEST(Plan, DrawsTheSameSampleFromTheSameSeed) {
    const auto members = cluster_of(2, 20);
    const PlanRequest request{.sample = 100, .seed = 7};
    const Plan plan = make_plan(members, request).value();
    EXPECT_EQ(set_of(plan).size(), 100U);
    EXPECT_EQ(plan.pairs, make_plan(members, request).value().pairs);
    EXPECT_NE(plan.pairs, make_plan(members, {.sample = 100, .seed = 8}).value().pairs);
    EXPECT_EQ(make_plan(members, {.sample = 1'000'000}).value().pairs.size(), 42U * 42U);
}

TEST(Plan, ASampleReachesEveryPairInTheEnd) {
    const auto members = cluster_of(1, 3);
    std::set<Pair> drawn;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Plan plan = make_plan(members, {.sample = 2, .seed = seed}).value();
        drawn.insert(plan.pairs.begin(), plan.pairs.end());
    }
    EXPECT_EQ(drawn.size(), 16U);
}

TEST(Plan, TakesPairsByNameAndStarsForAll) {
    const auto members = cluster_of(1, 2);
    const Plan one = make_plan(members, {.pairs = {{"default/p1", "node/n1"}}}).value();
    EXPECT_EQ(set_of(one), (std::set<Pair>{{MemberId{1}, MemberId{0}}}));
    const Plan stars = make_plan(members, {.pairs = {{"*", "p2"}, {"p2", "*"}}}).value();
    EXPECT_EQ(stars.pairs.size(), 5U);  // p2 to itself stands in both
}

TEST(Plan, RefusesANameThatNobodyHas) {
    const auto refused = make_plan(cluster_of(1, 2), {.pairs = {{"p1", "p9"}}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(refused.error().text().find("'p9'"), std::string::npos);
}

TEST(Plan, OffersTheNearestNamesForOneThatNobodyHas) {
    const auto expected = [](const std::vector<Member>& members, const std::string& name) {
        const auto refused = make_plan(members, {.pairs = {{"*", name}}});
        EXPECT_FALSE(refused);
        return refused ? std::string{} : refused.error().expected();
    };
    EXPECT_EQ(expected(cluster_of(1, 20), "default/p21"), "default/p20, default/p2 or default/p12");
    EXPECT_EQ(expected(cluster_of(2, 20), "n2"), "node/n2");
    EXPECT_EQ(expected(cluster_of(1, 2), "web"), "node/n1, default/p1 or default/p2");
    EXPECT_EQ(expected(cluster_of(1, 20), "web"), "");
}

TEST(Plan, RefusesToTestNothing) {
    EXPECT_FALSE(make_plan({}, {}));
    EXPECT_FALSE(make_plan(cluster_of(1, 1), {.sample = 0}));
    EXPECT_FALSE(make_plan(cluster_of(1, 0), {.with_nodes = false}));
    auto members = cluster_of(1, 1);
    for (Member& member : members)
        member.addresses.ipv6.reset();
    EXPECT_FALSE(make_plan(members, {.families = {IpFamily::ipv6}}));
}

TEST(Plan, TriesAPairOnlyInFamiliesThatBothHave) {
    auto members = cluster_of(1, 3);
    members[1].addresses.ipv6.reset();
    const Plan plan = make_plan(members, {}).value();
    EXPECT_EQ(count_checks(members, plan), (16U + 9U) * 3U);
    for (Member& member : members)
        member.addresses.ipv6.reset();
    EXPECT_EQ(make_plan(members, {}).value().lanes.size(), 3U);
}

}  // namespace
}  // namespace flatlan::probe
