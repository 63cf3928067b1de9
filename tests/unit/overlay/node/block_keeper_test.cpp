#include "overlay/node/block_keeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/node/cluster_survey.hpp"
#include "overlay/node/node_removal.hpp"
#include "tests/support/forwarding_registry.hpp"
#include "tests/unit/overlay/node/keeper_test.hpp"

namespace flatlan::node {
namespace {

using namespace std::chrono_literals;
using registry::MemoryRegistry;
using support::EmulatedNode;
using support::prefix_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct BlockKeeperTest : KeeperTest {};

/// Lets a node work each time that something was removed.
class InterruptedRegistry final : public support::ForwardingRegistry {
public:
    InterruptedRegistry(Registry& target, std::function<void()> interrupt)
        : ForwardingRegistry{target}, interrupt_{std::move(interrupt)} {}
    Result<registry::Revision> remove(std::string_view key, registry::Revision expected) override {
        auto removed = ForwardingRegistry::remove(key, expected);
        interrupt_();
        return removed;
    }

private:
    std::function<void()> interrupt_;
};

TEST_F(BlockKeeperTest, ClaimsAFirstBlockAndConfirmsIt) {
    EmulatedNode& node = add("n1");
    ASSERT_TRUE(node.step(now));
    ASSERT_THAT(node.serving(), SizeIs(1));
    const auto record = registry->get(support::test_keys().block(node.serving()[0])).value();
    EXPECT_EQ(control::claim_from_record(record->value).value().state, ipam::ClaimState::confirmed);
}

TEST_F(BlockKeeperTest, ClaimsAheadWhenAQuarterOfTheAddressesIsLeft) {
    EmulatedNode& node = add("n1");
    ASSERT_TRUE(node.step(now));
    for (int i = 0; i < 48; ++i)
        ASSERT_TRUE(node.add_pod());
    ASSERT_TRUE(node.step(now));
    EXPECT_THAT(node.serving(), SizeIs(1)) << "16 of 64 are free";
    ASSERT_TRUE(node.add_pod());
    ASSERT_TRUE(node.step(now));
    EXPECT_THAT(node.serving(), SizeIs(2));
}

TEST_F(BlockKeeperTest, ServesOnWithoutTheRegistryAndClaimsNothing) {
    EmulatedNode& node = add("n1");
    ASSERT_TRUE(node.step(now));
    node.connection().cut(support::Cut::both);
    for (int i = 0; i < 64; ++i)
        ASSERT_TRUE(node.add_pod());
    EXPECT_FALSE(node.step(now));
    EXPECT_EQ(node.add_pod().error().code(), ErrorCode::exhausted);
    EXPECT_THAT(node.serving(), SizeIs(1));
    node.connection().cut(support::Cut::none);
    ASSERT_TRUE(node.step(now));
    EXPECT_TRUE(node.add_pod());
}

TEST_F(BlockKeeperTest, FindsAgainWhatItClaimedBeforeACrash) {
    EmulatedNode& node = add("n1");
    BlockClaims crashed{*registry, support::test_keys(), node.keeper().mirror().ledger(),
                        ipam::ClaimOrder::spread};
    const auto pending = crashed.claim(node.identity(), IpFamily::ipv4).value().value();
    node.restart(*registry);
    ASSERT_TRUE(node.step(now));
    EXPECT_THAT(node.serving(), ElementsAre(pending.claim.block)) << "and no other";
}

TEST_F(BlockKeeperTest, TheEndOfASessionFreesNothing) {
    EmulatedNode& node = add("n1");
    ASSERT_TRUE(node.step(now));
    pass(1h);
    EmulatedNode& other = add("n2");
    ASSERT_TRUE(other.step(now));
    EXPECT_FALSE(other.keeper().mirror().is_alive(node.name()));
    ASSERT_TRUE(node.step(now));
    EXPECT_THAT(node.serving(), SizeIs(1));
    EXPECT_THAT(node.lost(), IsEmpty());
    expect_one_owner_each();
}

TEST_F(BlockKeeperTest, ALostRegistryIsFilledAgainBeforeAnybodyClaims) {
    EmulatedNode& one = add("n1");
    EmulatedNode& two = add("n2");
    for (int i = 0; i < 2; ++i)
        for (auto& node : nodes)
            ASSERT_TRUE(node->step(now));
    ASSERT_TRUE(one.add_pod());
    const auto blocks_of_two = two.serving();
    lose_registry();

    ASSERT_TRUE(one.step(now));
    EXPECT_TRUE(one.keeper().is_paused()) << "n2 has not published its blocks";
    EXPECT_EQ(epoch()->number, 2U);
    EmulatedNode& newcomer = add("n3");
    ASSERT_TRUE(newcomer.step(now));
    EXPECT_THAT(newcomer.serving(), IsEmpty());
    for (int i = 0; i < 60; ++i)
        ASSERT_TRUE(one.add_pod()) << "what it has still serves";
    ASSERT_TRUE(one.step(now));
    EXPECT_THAT(one.serving(), SizeIs(1));

    ASSERT_TRUE(two.step(now));
    EXPECT_EQ(two.serving(), blocks_of_two);
    for (auto& node : nodes)
        ASSERT_TRUE(node->step(now));
    for (auto& node : nodes)
        ASSERT_TRUE(node->step(now));
    EXPECT_TRUE(epoch()->whole);
    EXPECT_THAT(one.serving(), SizeIs(2));
    EXPECT_THAT(newcomer.serving(), SizeIs(1));
    for (auto& node : nodes)
        EXPECT_THAT(node->lost(), IsEmpty());
    expect_one_owner_each();
}

/// The registry has lost what it had, and the first of two nodes waits for the second.
struct PausedBlockKeeperTest : BlockKeeperTest {
    void SetUp() override {
        for (int i = 0; i < 2; ++i)
            for (EmulatedNode* node : {&one, &gone})
                ASSERT_TRUE(node->step(now));
        lose_registry();
        ASSERT_TRUE(one.step(now));
        ASSERT_TRUE(one.keeper().is_paused());
    }

    EmulatedNode& one = add("n1");
    EmulatedNode& gone = add("n2");
};

TEST_F(PausedBlockKeeperTest, APersonMaySayThatTheOthersWillNotComeBack) {
    ASSERT_TRUE(confirm_rebuild(*registry, support::test_keys()));
    ASSERT_TRUE(one.step(now));
    EXPECT_FALSE(one.keeper().is_paused());
    ASSERT_TRUE(gone.step(now)) << "it does come back, and nobody has its block";
    EXPECT_THAT(gone.serving(), SizeIs(1));
    expect_one_owner_each();
}

TEST_F(PausedBlockKeeperTest, ThatANodeFindsFirstThatNobodyIsWaitedForAnyMoreIsNoError) {
    InterruptedRegistry interrupted{*registry, [&] {
                                        ASSERT_TRUE(one.step(now));
                                        ASSERT_TRUE(epoch()->whole);
                                    }};
    EXPECT_TRUE(confirm_rebuild(interrupted, support::test_keys()));
    EXPECT_FALSE(one.keeper().is_paused());
}

TEST_F(BlockKeeperTest, OfABlockThatWasClaimedMeanwhileTheOneWhoComesBackLaterLosesIt) {
    pools = support::pools_of("10.244.0.0/26");  // one block
    EmulatedNode& one = add("n1");
    ASSERT_TRUE(one.step(now));
    ASSERT_TRUE(one.add_pod());
    lose_registry();
    EmulatedNode& two = add("n2");
    ASSERT_TRUE(two.step(now));
    EXPECT_THAT(two.serving(), SizeIs(1)) << "nobody told it that there was anybody else";
    ASSERT_TRUE(one.step(now));
    ASSERT_THAT(one.lost(), SizeIs(1));
    EXPECT_THAT(one.serving(), IsEmpty());
    expect_one_owner_each();
}

TEST_F(BlockKeeperTest, AClaimThatVanishedWithoutAWordIsPublishedAgain) {
    EmulatedNode& node = add("n1");
    ASSERT_TRUE(node.step(now));
    ASSERT_TRUE(node.add_pod());
    const std::string key = support::test_keys().block(node.serving()[0]);
    ASSERT_TRUE(registry->remove(key, registry->get(key).value()->revision));
    ASSERT_TRUE(node.step(now));
    EXPECT_THAT(node.lost(), IsEmpty());
    EXPECT_EQ(epoch()->number, 2U);
    EXPECT_TRUE(epoch()->whole);
    expect_one_owner_each();
}

TEST_F(BlockKeeperTest, ClaimsNothingWhileARecordIsOfANewerVersion) {
    ASSERT_TRUE(
        registry->put(support::test_keys().cluster(), "flatlan cluster 2\nvni 1\n", {}, {}));
    EmulatedNode& node = add("n1");
    const auto refused = node.step(now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unsupported);
    EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("cluster record of version 2"));
    EXPECT_THAT(node.serving(), IsEmpty());
}

TEST_F(BlockKeeperTest, ANodeThatLeavesGivesItsBlocksBack) {
    EmulatedNode& node = add("n1");
    ASSERT_TRUE(node.step(now));
    const auto pod = node.add_pod();
    ASSERT_TRUE(pod);
    EXPECT_EQ(node.keeper().leave().error().code(), ErrorCode::conflict) << "it has a pod";
    ASSERT_TRUE(node.leases().release(ipam::LeaseKey::from("pods", "c0", "eth0").value()));
    ASSERT_TRUE(node.keeper().leave());
    EXPECT_THAT(registry->list(support::test_keys().blocks(), "", 10).value().records, IsEmpty());
}

}  // namespace
}  // namespace flatlan::node
