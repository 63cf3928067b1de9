#include "overlay/probe/hop_rule.hpp"

#include <gtest/gtest.h>

#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::probe {
namespace {

// n1, n2, then p1 and p2 on n1, p3 and p4 on n2.
constexpr MemberId kNode1{0}, kNode2{1}, kPod1{2}, kPod2{3}, kPod3{4};

TEST(HopRule, CountsTheNodesThatForward) {
    const auto members = cluster_of(2, 2);
    const HopRule rule{members, 0};
    EXPECT_EQ(rule.hops({kPod1, kPod1}), 0);
    EXPECT_EQ(rule.hops({kPod1, kPod2}), 1);
    EXPECT_EQ(rule.hops({kPod1, kPod3}), 2);
    EXPECT_EQ(rule.hops({kPod1, kNode1}), 0);
    EXPECT_EQ(rule.hops({kNode1, kPod1}), 0);
    EXPECT_EQ(rule.hops({kPod1, kNode2}), 1);
    EXPECT_EQ(rule.hops({kNode2, kPod1}), 1);
    EXPECT_EQ(rule.hops({kNode1, kNode2}), 0);
}

TEST(HopRule, AddsTheRoutersBetweenNodes) {
    const auto members = cluster_of(2, 2);
    const HopRule rule{members, 1};
    EXPECT_EQ(rule.hops({kPod1, kPod2}), 1);
    EXPECT_EQ(rule.hops({kPod1, kPod3}), 3);
    EXPECT_EQ(rule.hops({kNode1, kNode2}), 1);
}

TEST(HopRule, KnowsNothingOfMembersWhoseNodeNobodyKnows) {
    auto members = cluster_of(2, 2);
    members[kPod3.value()].node.reset();
    const HopRule rule{members, 0};
    EXPECT_FALSE(rule.hops({kPod1, kPod3}));
    EXPECT_FALSE(rule.hops({kPod3, kPod1}));
    EXPECT_EQ(rule.hops({kPod3, kPod3}), 0);
}

}  // namespace
}  // namespace flatlan::probe
