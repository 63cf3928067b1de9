#include "ipam/pool_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::ipam {
namespace {

using testing::HasSubstr;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }
PoolSpec pool(std::string_view text, unsigned length) {
    return PoolSpec::from(prefix(text), length).value();
}

TEST(PoolSpec, CutsAPrefixIntoBlocks) {
    const PoolSpec spec = pool("10.244.0.0/16", 26);
    EXPECT_EQ(spec.block_count(), 1024U);
    EXPECT_EQ(spec.addresses_per_block(), 64U);
    EXPECT_EQ(spec.block(1), prefix("10.244.0.64/26"));
    EXPECT_EQ(spec.index_of(address("10.244.255.255")), 1023U);
    EXPECT_EQ(spec.index_of(address("10.245.0.0")), std::nullopt);
    EXPECT_EQ(spec.index_of(address("::")), std::nullopt);
}

TEST(PoolSpec, UsesTheFirstBlocksOfAPrefixThatHasTooMany) {
    const PoolSpec spec = pool("fd00::/8", 122);
    EXPECT_EQ(spec.block_count(), PoolSpec::kBlocksMax);
    EXPECT_EQ(spec.index_of(spec.block(PoolSpec::kBlocksMax - 1).last()), PoolSpec::kBlocksMax - 1);
    EXPECT_EQ(spec.index_of(address("fdff::")), std::nullopt);
}

TEST(PoolSpec, ASlashEightHoldsAMillionPods) {
    const PoolSpec spec = pool("10.0.0.0/8", 26);
    EXPECT_EQ(spec.block_count() * spec.addresses_per_block(), std::uint64_t{1} << 24U);
}

TEST(PoolSpec, RefusesABlockLengthThatDoesNotFit) {
    const auto refusal = [](std::string_view text, unsigned length) {
        return PoolSpec::from(prefix(text), length).error();
    };
    EXPECT_THAT(refusal("10.244.0.0/27", 26).text(), HasSubstr("too small for one block"));
    EXPECT_EQ(refusal("10.244.0.0/27", 26).expected(), "a block length from 27 to 32");
    EXPECT_THAT(refusal("10.244.0.0/16", 33).text(), HasSubstr("no address is that long"));
    EXPECT_THAT(refusal("fd00::/56", 64).text(), HasSubstr("2^24"));
    EXPECT_EQ(refusal("fd00::/56", 64).expected(), "a block length from 104 to 128");
}

TEST(PoolSpec, RefusesRangesThatMeanSomethingElseThanHosts) {
    for (const char* const text : {"127.0.0.0/8", "127.3.0.0/16", "224.0.0.0/8", "240.0.0.0/16",
                                   "169.254.0.0/16", "0.0.0.0/8", "0.0.0.0/0", "::/64", "::/0",
                                   "::ffff:10.0.0.0/104", "fe80::/64", "ff02::/64"}) {
        const auto refused = PoolSpec::from(prefix(text), address_bits(prefix(text).family()) - 6);
        ASSERT_FALSE(refused) << text;
        EXPECT_THAT(refused.error().text(), HasSubstr(std::string{text} + " overlaps the "));
        EXPECT_THAT(refused.error().expected(), HasSubstr("a range for hosts"));
    }
    EXPECT_THAT(PoolSpec::from(prefix("169.254.0.0/16"), 26).error().text(),
                HasSubstr("the link-local range 169.254.0.0/16"));
}

TEST(ClusterPools, RefusesPrefixesThatOverlap) {
    const auto refused = ClusterPools::from(
        {pool("10.0.0.0/8", 26), pool("fd00::/56", 122), pool("10.9.0.0/16", 26)});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("10.0.0.0/8 and 10.9.0.0/16 overlap"));
    EXPECT_FALSE(ClusterPools::from({}));
}

TEST(ClusterPools, SaysInWhichBlockAnAddressLies) {
    const auto pools =
        ClusterPools::from({pool("10.244.0.0/16", 26), pool("fd00:1::/56", 122)}).value();
    EXPECT_EQ(pools.block_of(address("10.244.3.70")).value(), prefix("10.244.3.64/26"));
    EXPECT_EQ(pools.block_of(address("fd00:1::7f")).value(), prefix("fd00:1::40/122"));
    const auto outside = pools.block_of(address("10.245.0.1"));
    ASSERT_FALSE(outside);
    EXPECT_EQ(outside.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(outside.error().text(), HasSubstr("10.245.0.1"));
    EXPECT_EQ(outside.error().expected(), "one in 10.244.0.0/16, fd00:1::/56");
    EXPECT_FALSE(pools.block_of(address("fd00:1::1:0:0:0"))) << "behind the last block in use";
}

TEST(ClusterPools, KnowsWhichPoolABlockIsOf) {
    const auto pools =
        ClusterPools::from({pool("10.244.0.0/16", 26), pool("fd00:1::/56", 122)}).value();
    EXPECT_EQ(pools.find_block(prefix("10.244.3.64/26")), &pools.pools()[0]);
    EXPECT_EQ(pools.find_block(prefix("fd00:1::40/122")), &pools.pools()[1]);
    EXPECT_EQ(pools.find_block(prefix("10.244.3.64/27")), nullptr);
    EXPECT_EQ(pools.find_block(prefix("10.245.0.0/26")), nullptr);
    EXPECT_TRUE(pools.has(IpFamily::ipv6));
}

}  // namespace
}  // namespace flatlan::ipam
