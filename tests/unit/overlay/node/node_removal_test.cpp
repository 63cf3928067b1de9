#include "overlay/node/node_removal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/node/cluster_survey.hpp"
#include "tests/unit/overlay/node/keeper_test.hpp"

namespace flatlan::node {
namespace {

using namespace std::chrono_literals;
using support::EmulatedNode;
using support::prefix_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct NodeRemovalTest : KeeperTest {};

TEST_F(NodeRemovalTest, ARemovedNodeThatReturnsLosesItsBlocksAndNamesItsPods) {
    EmulatedNode& node = add("n1");
    ASSERT_TRUE(node.step(now));
    ASSERT_TRUE(node.add_pod());
    const auto before = node.serving();
    EXPECT_EQ(
        remove_node(*registry, support::test_keys(), node.name(), Removal::if_gone).error().code(),
        ErrorCode::conflict)
        << "it is alive";
    pass(1h);
    ASSERT_TRUE(remove_node(*registry, support::test_keys(), node.name(), Removal::if_gone));
    ASSERT_TRUE(remove_node(*registry, support::test_keys(), node.name(), Removal::if_gone))
        << "twice is no failure";
    EmulatedNode& other = add("n2");
    ASSERT_TRUE(other.step(now));
    ASSERT_TRUE(node.step(now));
    ASSERT_THAT(node.lost(), SizeIs(1));
    EXPECT_EQ(node.lost()[0].key.text(), "pods/c0/eth0");
    ASSERT_TRUE(node.step(now));
    EXPECT_THAT(node.serving(), SizeIs(1)) << "it is a member again, with a block of its own";
    EXPECT_EQ(epoch()->number, 1U) << "the registry is whole";
    expect_one_owner_each();
}

TEST_F(NodeRemovalTest, ARemovedNodeThatReturnsInTheMiddleOfItKeepsWhatIsStillItsOwn) {
    EmulatedNode& node = add("n1");
    ASSERT_TRUE(node.step(now));
    ASSERT_TRUE(node.add_pod());
    const std::string key = support::test_keys().block(node.serving().front());
    const auto revision = registry->get(key).value()->revision;
    pass(1h);
    // The roll says so; the removal of the block is on its way.
    const control::MemberKeys keys{support::test_keys()};
    const auto roll = registry->get(keys.roll(node.name())).value();
    ASSERT_TRUE(registry->put(keys.roll(node.name()),
                              to_record(control::RollRecord{1, control::RollState::removed}),
                              roll ? roll->revision : registry::Revision{}, {}));
    ASSERT_TRUE(node.step(now));
    EXPECT_FALSE(registry->remove(key, revision)) << "what it keeps is claimed anew";
    ASSERT_TRUE(node.step(now));
    EXPECT_THAT(node.lost(), IsEmpty());
    EXPECT_EQ(epoch()->number, 1U) << "nothing has vanished";
    expect_one_owner_each();
}

TEST_F(NodeRemovalTest, WhatANodeHadBeforeItsDiskWasReplacedCanBeTakenBack) {
    const auto keys = support::test_keys();
    EXPECT_FALSE(is_known(*registry, keys, NodeName::from("n1").value()).value());
    {
        support::EmulatedNode earlier{"n1", *registry, pools, 70};
        ASSERT_TRUE(earlier.step(now));
        pass(1h);
    }
    EmulatedNode& node = add("n1");
    ASSERT_TRUE(node.step(now));
    const auto survey = survey_registry(*registry, keys).value();
    EXPECT_THAT(survey.claims, SizeIs(2));
    EXPECT_THAT(survey.members, ElementsAre(node.identity()));

    const auto taken = remove_node(*registry, keys, node.name(), Removal::if_gone);
    ASSERT_TRUE(taken) << taken.error().to_string();
    EXPECT_THAT(taken.value(), SizeIs(1));
    EXPECT_EQ(remove_node(*registry, keys, node.name(), Removal::if_gone).error().code(),
              ErrorCode::conflict)
        << "what is left is the live one's";
    EXPECT_TRUE(is_known(*registry, keys, node.name()).value());
    ASSERT_TRUE(node.step(now));
    EXPECT_THAT(node.serving(), SizeIs(1));
    EXPECT_THAT(node.lost(), IsEmpty());
    expect_one_owner_each();
}

TEST_F(NodeRemovalTest, BlocksOfANodeThatIsGoneForGoodAreReclaimedAfterTheTimeThatWasSet) {
    EmulatedNode& gone = add("n1");
    EmulatedNode& watcher = add("n2");
    Reclaimer reclaimer{*registry, 10min};
    const auto look = [&] {
        EXPECT_TRUE(watcher.step(now));
        return reclaimer.step(now, watcher.keeper().mirror()).value();
    };
    ASSERT_TRUE(gone.step(now));
    EXPECT_THAT(look(), IsEmpty());
    pass(1min);  // its session has ended
    EXPECT_THAT(look(), IsEmpty());
    pass(9min);
    EXPECT_THAT(look(), IsEmpty());
    reclaimer.forget();  // it could not see for a moment
    EXPECT_THAT(look(), IsEmpty());
    pass(9min);
    EXPECT_THAT(look(), IsEmpty());
    pass(1min);
    EXPECT_THAT(look(), testing::ElementsAre(gone.name()));
    ASSERT_TRUE(gone.step(now));
    ASSERT_TRUE(gone.step(now));
    expect_one_owner_each();
    pass(1s);
    EXPECT_THAT(look(), IsEmpty()) << "it is alive again";
}

}  // namespace
}  // namespace flatlan::node
