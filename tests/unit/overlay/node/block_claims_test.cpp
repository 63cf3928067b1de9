#include "overlay/node/block_claims.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/registry/memory_registry.hpp"

namespace flatlan::node {
namespace {

using ipam::BlockLedger;
using ipam::ClaimOrder;
using ipam::Incarnation;
using ipam::NodeIdentity;
using testing::HasSubstr;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
NodeIdentity node(std::string_view name, std::uint64_t incarnation = 1) {
    return {NodeName::from(name).value(), Incarnation{incarnation}};
}
BlockLedger empty_ledger() {
    return BlockLedger{
        ipam::ClusterPools::from({ipam::PoolSpec::from(prefix("10.244.0.0/24"), 26).value()})
            .value()};
}

/// One node's view of a registry that it shares with others.
struct Claimer {
    explicit Claimer(registry::Registry& registry)
        : claims{registry, control::RecordKeys{LabName::from("lab").value()}, ledger,
                 ClaimOrder::lowest} {}
    BlockLedger ledger = empty_ledger();
    BlockClaims claims;
};

struct BlockClaimsTest : testing::Test {
    registry::MemoryRegistry registry{{.clock = [] { return Instant{}; }}};
};

TEST_F(BlockClaimsTest, NodesOfOneLedgerGetBlocksInOrder) {
    Claimer lab{registry};
    for (const auto* expected : {"10.244.0.0/26", "10.244.0.64/26", "10.244.0.128/26"})
        EXPECT_EQ(lab.claims.claim_confirmed(node("n1"), IpFamily::ipv4).value(), prefix(expected));
}

TEST_F(BlockClaimsTest, TwoNodesThatKnowNothingOfEachOtherGetDifferentBlocks) {
    Claimer one{registry};
    Claimer other{registry};
    EXPECT_EQ(one.claims.claim_confirmed(node("n1"), IpFamily::ipv4).value(),
              prefix("10.244.0.0/26"));
    EXPECT_EQ(other.claims.claim_confirmed(node("n2"), IpFamily::ipv4).value(),
              prefix("10.244.0.64/26"));
    EXPECT_EQ(other.ledger.find(prefix("10.244.0.0/26"))->owner, node("n1"));
}

TEST_F(BlockClaimsTest, SaysWhenEveryBlockIsClaimed) {
    Claimer one{registry};
    Claimer other{registry};
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(one.claims.claim_confirmed(node("n1"), IpFamily::ipv4));
    EXPECT_FALSE(other.claims.claim(node("n2"), IpFamily::ipv4).value());
    EXPECT_FALSE(one.claims.claim(node("n1"), IpFamily::ipv6).value());
    EXPECT_EQ(other.claims.claim_confirmed(node("n2"), IpFamily::ipv4).error().code(),
              ErrorCode::exhausted);
}

TEST_F(BlockClaimsTest, FindsItsOwnClaimAgainWhoseAnswerWasLost) {
    Claimer before{registry};
    const auto pending = before.claims.claim(node("n1"), IpFamily::ipv4).value().value();
    Claimer after{registry};
    const auto again = after.claims.claim_block(node("n1"), pending.claim.block).value();
    EXPECT_EQ(again.revision, pending.revision);
    const auto confirmed = after.claims.confirm(again).value();
    EXPECT_EQ(confirmed.claim.state, ipam::ClaimState::confirmed);
    EXPECT_EQ(before.claims.confirm(pending).value().revision, confirmed.revision)
        << "confirming twice is one confirmation";
}

TEST_F(BlockClaimsTest, ANodeThatLostItsDiskDoesNotOwnWhatItsNameClaimed) {
    Claimer lab{registry};
    const auto block = lab.claims.claim_confirmed(node("n1", 1), IpFamily::ipv4).value();
    const auto refused = lab.claims.claim_block(node("n1", 2), block);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_EQ(lab.claims.release(node("n1", 2), block).error().code(), ErrorCode::conflict);
}

TEST_F(BlockClaimsTest, RefusesToConfirmAClaimThatIsGone) {
    Claimer one{registry};
    Claimer other{registry};
    const auto pending = one.claims.claim(node("n1"), IpFamily::ipv4).value().value();
    ASSERT_TRUE(other.claims.release(node("n1"), pending.claim.block));
    EXPECT_EQ(one.claims.confirm(pending).error().code(), ErrorCode::conflict);
    ASSERT_EQ(other.claims.claim_confirmed(node("n2"), IpFamily::ipv4).value(),
              pending.claim.block);
    EXPECT_EQ(one.claims.confirm(pending).error().code(), ErrorCode::conflict);
}

TEST_F(BlockClaimsTest, NamesTheOwnerOfABlockThatWasAskedFor) {
    Claimer lab{registry};
    ASSERT_TRUE(lab.claims.claim_block(node("n1"), prefix("10.244.0.128/26")));
    const auto refused = lab.claims.claim_block(node("n2"), prefix("10.244.0.128/26"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_THAT(refused.error().text(), HasSubstr("'n1'"));
    EXPECT_EQ(lab.claims.claim_block(node("n2"), prefix("10.245.0.0/26")).error().code(),
              ErrorCode::invalid_argument);
}

TEST_F(BlockClaimsTest, AReleasedBlockIsFreeForAll) {
    Claimer one{registry};
    Claimer other{registry};
    const auto block = one.claims.claim_confirmed(node("n1"), IpFamily::ipv4).value();
    ASSERT_TRUE(one.claims.release(node("n1"), block));
    EXPECT_TRUE(one.claims.release(node("n1"), block)) << "releasing twice is no failure";
    EXPECT_EQ(other.claims.claim_confirmed(node("n2"), IpFamily::ipv4).value(), block);
}

TEST_F(BlockClaimsTest, RefreshReadsWhatOthersClaimed) {
    Claimer one{registry};
    Claimer other{registry};
    ASSERT_TRUE(one.claims.claim_confirmed(node("n1"), IpFamily::ipv4));
    ASSERT_TRUE(one.claims.claim(node("n1"), IpFamily::ipv4));
    ASSERT_TRUE(other.claims.refresh());
    EXPECT_EQ(other.ledger.claims(), one.ledger.claims());
    EXPECT_EQ(other.ledger.size(), 2U);
}

}  // namespace
}  // namespace flatlan::node
