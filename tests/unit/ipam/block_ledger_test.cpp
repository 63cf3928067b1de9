#include "ipam/block_ledger.hpp"

#include <gtest/gtest.h>

namespace flatlan::ipam {
namespace {

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }
NodeName node(std::string_view name) { return NodeName::from(name).value(); }
BlockClaim claim(std::string_view block, std::string_view owner) {
    return {prefix(block), {node(owner), Incarnation{1}}, ClaimState::confirmed};
}
BlockLedger ledger(std::initializer_list<std::pair<std::string_view, unsigned>> pools) {
    std::vector<PoolSpec> specs;
    for (const auto& [text, length] : pools)
        specs.push_back(PoolSpec::from(prefix(text), length).value());
    return BlockLedger{ClusterPools::from(std::move(specs)).value()};
}
std::optional<IpPrefix> lowest(const BlockLedger& ledger, IpFamily family = IpFamily::ipv4) {
    return ledger.choose(family, ClaimOrder::lowest, node("n1"));
}

TEST(BlockLedger, ChoosesTheLowestFreeBlock) {
    BlockLedger blocks = ledger({{"10.244.0.0/16", 26}, {"fd00::/56", 122}});
    EXPECT_EQ(lowest(blocks), prefix("10.244.0.0/26"));
    EXPECT_EQ(lowest(blocks, IpFamily::ipv6), prefix("fd00::/122"));
    blocks.put(claim("10.244.0.0/26", "n1"));
    blocks.put(claim("10.244.0.64/26", "n2"));
    EXPECT_EQ(lowest(blocks), prefix("10.244.0.128/26"));
    blocks.remove(prefix("10.244.0.0/26"));
    EXPECT_EQ(lowest(blocks), prefix("10.244.0.0/26"));
    EXPECT_EQ(blocks.find(address("10.244.0.99"))->owner.name, node("n2"));
    EXPECT_EQ(blocks.find(address("10.244.0.9")), nullptr);
}

TEST(BlockLedger, GivesEachBlockOfAllPoolsInEitherOrderAndThenNone) {
    for (const ClaimOrder order : {ClaimOrder::lowest, ClaimOrder::spread}) {
        BlockLedger blocks = ledger({{"10.244.0.0/24", 26}, {"10.9.0.0/25", 26}});
        for (std::size_t i = 0; i < 6; ++i) {
            const auto chosen = blocks.choose(IpFamily::ipv4, order, node("n7"));
            ASSERT_TRUE(chosen);
            EXPECT_EQ(blocks.find(*chosen), nullptr);
            blocks.put({*chosen, {node("n7"), Incarnation{1}}, ClaimState::pending});
        }
        EXPECT_EQ(blocks.size(), 6U);
        EXPECT_EQ(blocks.choose(IpFamily::ipv4, order, node("n7")), std::nullopt);
        EXPECT_EQ(blocks.choose(IpFamily::ipv6, order, node("n7")), std::nullopt);
    }
}

TEST(BlockLedger, SpreadsNodesThatClaimAtOnce) {
    const BlockLedger blocks = ledger({{"10.244.0.0/16", 26}});
    std::set<IpPrefix> chosen;
    for (int i = 0; i < 100; ++i)
        chosen.insert(
            *blocks.choose(IpFamily::ipv4, ClaimOrder::spread, node("n" + std::to_string(i))));
    EXPECT_GT(chosen.size(), 90U);  // 100 of 1,024 at random: 95 different ones are expected
}

TEST(BlockLedger, KeepsClearOfClaimsOfAnotherLength) {
    BlockLedger blocks = ledger({{"10.244.0.0/24", 26}});
    blocks.put(claim("10.244.0.16/28", "n1"));
    blocks.put(claim("10.244.0.32/28", "n1"));
    EXPECT_EQ(lowest(blocks), prefix("10.244.0.64/26"));
    blocks.put(claim("10.244.0.128/25", "n2"));
    blocks.put(claim("10.244.0.64/26", "n2"));
    EXPECT_EQ(lowest(blocks), std::nullopt);
    blocks.remove(prefix("10.244.0.16/28"));
    EXPECT_EQ(lowest(blocks), std::nullopt);
    blocks.remove(prefix("10.244.0.32/28"));
    EXPECT_EQ(lowest(blocks), prefix("10.244.0.0/26"));
}

TEST(BlockLedger, TellsClaimsByOwner) {
    BlockLedger blocks = ledger({{"10.244.0.0/16", 26}});
    blocks.put(claim("10.244.0.64/26", "n2"));
    blocks.put(claim("10.244.0.0/26", "n1"));
    EXPECT_EQ(blocks.claims_of(node("n2")), std::vector{claim("10.244.0.64/26", "n2")});
    EXPECT_EQ(blocks.claims().front(), claim("10.244.0.0/26", "n1"));
    blocks.clear();
    EXPECT_EQ(blocks.size(), 0U);
    EXPECT_EQ(lowest(blocks), prefix("10.244.0.0/26"));
}

TEST(BlockLedger, FindsAFreeBlockAmongAQuarterOfAMillion) {
    BlockLedger blocks = ledger({{"10.0.0.0/8", 26}});
    const PoolSpec& pool = blocks.pools().pools()[0];
    for (std::uint64_t i = 0; i < pool.block_count(); ++i)
        if (i != 200'000) blocks.put({pool.block(i), {node("n1"), {}}, ClaimState::confirmed});
    EXPECT_EQ(lowest(blocks), pool.block(200'000));
    EXPECT_EQ(blocks.choose(IpFamily::ipv4, ClaimOrder::spread, node("n1")), pool.block(200'000));
}

}  // namespace
}  // namespace flatlan::ipam
