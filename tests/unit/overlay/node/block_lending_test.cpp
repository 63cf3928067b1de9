#include "overlay/node/block_lending.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/node/node_removal.hpp"
#include "overlay/registry/memory_registry.hpp"
#include "tests/support/emulated_node.hpp"

namespace flatlan::node {
namespace {

using namespace std::chrono_literals;
using support::EmulatedNode;
using testing::IsEmpty;
using testing::SizeIs;

/// A cluster of four blocks, all of them n1's: it had many pods, and has one.
struct BlockLendingTest : testing::Test {
    EmulatedNode& add(const std::string& name, control::Borrowing borrowing) {
        nodes.push_back(std::make_unique<EmulatedNode>(name, registry, pools, nodes.size()));
        nodes.back()->borrowing = borrowing;
        nodes.back()->restart(registry);
        return *nodes.back();
    }
    EmulatedNode& add_shrunk(control::Borrowing borrowing) {
        EmulatedNode& node = add("n1", borrowing);
        for (int pod = 0; pod < 200; ++pod) {
            EXPECT_TRUE(node.step(now));
            EXPECT_TRUE(node.add_pod());
        }
        EXPECT_THAT(node.serving(), SizeIs(4));
        node.end_pods(1);
        return node;
    }
    void step_all() {
        for (int round = 0; round < 3; ++round)
            for (auto& node : nodes)
                ASSERT_TRUE(node->step(now));
    }
    bool wants(const std::string& name) {
        const control::MemberKeys keys{support::test_keys()};
        return registry.get(keys.wants(NodeName::from(name).value())).value().has_value();
    }

    Instant now;
    registry::MemoryRegistry registry{
        registry::MemoryRegistry::Options{.clock = [this] { return now; }}};
    ipam::ClusterPools pools = support::pools_of("10.244.0.0/24");
    std::vector<std::unique_ptr<EmulatedNode>> nodes;
};

TEST_F(BlockLendingTest, NothingIsBorrowedUnlessItIsAllowed) {
    EmulatedNode& rich = add_shrunk(control::Borrowing::none);
    now = now + 1h;
    EmulatedNode& poor = add("n2", control::Borrowing::none);
    step_all();
    EXPECT_THAT(poor.serving(), IsEmpty());
    EXPECT_THAT(rich.serving(), SizeIs(4));
    EXPECT_FALSE(wants("n2"));
}

TEST_F(BlockLendingTest, AnIdleBlockGoesToWhoHasNone) {
    EmulatedNode& rich = add_shrunk(control::Borrowing::idle_blocks);
    EmulatedNode& poor = add("n2", control::Borrowing::idle_blocks);
    step_all();
    EXPECT_THAT(poor.serving(), IsEmpty()) << "the addresses rest yet";
    EXPECT_TRUE(wants("n2"));
    now = now + ipam::PoolRules::kCoolDown + 1s;
    step_all();
    EXPECT_THAT(poor.serving(), SizeIs(1));
    EXPECT_THAT(rich.serving(), SizeIs(3));
    EXPECT_FALSE(wants("n2")) << "it has what it wanted";
    EXPECT_THAT(rich.lost(), IsEmpty());
    EXPECT_EQ(support::find_double_owner(nodes, registry), "");
    EXPECT_TRUE(poor.add_pod());
}

TEST_F(BlockLendingTest, ABlockInUseStaysAndSoDoesWhatItsNodeWantsForItself) {
    EmulatedNode& one = add("n1", control::Borrowing::idle_blocks);
    EmulatedNode& two = add("n2", control::Borrowing::idle_blocks);
    for (int pod = 0; pod < 100; ++pod)
        for (auto& node : nodes) {
            ASSERT_TRUE(node->step(now));
            ASSERT_TRUE(node->add_pod());
        }
    step_all();
    ASSERT_THAT(one.serving(), SizeIs(2)) << "100 of 128 are leased";
    now = now + 1h;
    EmulatedNode& late = add("n3", control::Borrowing::idle_blocks);
    step_all();
    EXPECT_THAT(late.serving(), IsEmpty());
    EXPECT_THAT(two.serving(), SizeIs(2));
    EXPECT_EQ(late.add_pod().error().code(), ErrorCode::exhausted);
}

TEST_F(BlockLendingTest, WhoIsGoneIsGivenNothing) {
    EmulatedNode& rich = add_shrunk(control::Borrowing::idle_blocks);
    EmulatedNode& poor = add("n2", control::Borrowing::idle_blocks);
    step_all();
    ASSERT_TRUE(wants("n2"));
    ASSERT_TRUE(poor.keeper().end_sign_of_life());
    now = now + 1h;
    for (int round = 0; round < 3; ++round)
        ASSERT_TRUE(rich.step(now));
    EXPECT_THAT(rich.serving(), SizeIs(4));
}

TEST_F(BlockLendingTest, ALentBlockIsItsNewNodesWhileThatIsDownAndUntilItIsRemoved) {
    EmulatedNode& rich = add_shrunk(control::Borrowing::idle_blocks);
    EmulatedNode& poor = add("n2", control::Borrowing::idle_blocks);
    step_all();
    now = now + 1h;
    step_all();
    ASSERT_THAT(poor.serving(), SizeIs(1));
    const IpPrefix lent = poor.serving().front();
    ASSERT_TRUE(poor.add_pod());
    const auto step_without_poor = [&] {
        now = now + 1h;
        for (int round = 0; round < 3; ++round)
            for (auto& node : nodes)
                if (node.get() != &poor) {
                    ASSERT_TRUE(node->step(now));
                }
    };

    // Stopped by hand; meanwhile another one wants a block, and gets one of those that are idle.
    ASSERT_TRUE(poor.keeper().end_sign_of_life());
    EmulatedNode& third = add("n3", control::Borrowing::idle_blocks);
    step_without_poor();
    step_without_poor();
    ASSERT_THAT(third.serving(), SizeIs(1));
    EXPECT_NE(third.serving().front(), lent);
    EXPECT_EQ(support::find_double_owner(nodes, registry), "");
    poor.restart(registry);
    step_all();
    EXPECT_THAT(poor.serving(), testing::ElementsAre(lent));
    EXPECT_TRUE(poor.add_pod());
    EXPECT_THAT(poor.lost(), IsEmpty());

    // Removed by hand it has no claim any more: the block does not go back to who lent it.
    ASSERT_TRUE(poor.keeper().end_sign_of_life());
    const auto freed = remove_node(registry, support::test_keys(), poor.name(), Removal::if_gone);
    ASSERT_TRUE(freed) << freed.error().to_string();
    EXPECT_THAT(freed.value(), testing::ElementsAre(lent));
    EXPECT_THAT(rich.serving(), testing::Not(testing::Contains(lent)));
}

TEST_F(BlockLendingTest, ACrashBetweenItsStepsLosesNoBlock) {
    EmulatedNode& rich = add_shrunk(control::Borrowing::idle_blocks);
    EmulatedNode& poor = add("n2", control::Borrowing::idle_blocks);
    step_all();
    now = now + 1h;
    // The block is off the node's disk, and still the node's in the registry.
    const auto view = rich.leases().view().value();
    const auto idle = std::find_if(view.blocks.begin(), view.blocks.end(),
                                   [](const auto& held) { return held.usage.leased == 0; });
    ASSERT_NE(idle, view.blocks.end());
    ASSERT_TRUE(rich.leases().remove_block(idle->block));
    rich.restart(registry);
    step_all();
    EXPECT_EQ(rich.serving().size() + poor.serving().size(), 4U);
    EXPECT_THAT(poor.serving(), SizeIs(1));
    EXPECT_EQ(support::find_double_owner(nodes, registry), "");
}

TEST_F(BlockLendingTest, ARemovalThatComesLateTakesNoBlockThatIsInUseAgain) {
    EmulatedNode& rich = add_shrunk(control::Borrowing::idle_blocks);
    now = now + 1h;
    // Off the node's disk; that it shall be removed in the registry is on its way.
    const IpPrefix block = rich.leases().view().value().blocks.back().block;
    ASSERT_TRUE(rich.leases().remove_block(block));
    const std::string key = support::test_keys().block(block);
    const auto revision = registry.get(key).value()->revision;
    rich.restart(registry);
    ASSERT_TRUE(rich.step(now));
    ASSERT_THAT(rich.serving(), SizeIs(4)) << "it has taken the block back";
    EXPECT_FALSE(registry.remove(key, revision)) << "what it took back is claimed anew";
    ASSERT_TRUE(rich.step(now));
    EXPECT_EQ(support::find_double_owner(nodes, registry), "");
}

}  // namespace
}  // namespace flatlan::node
