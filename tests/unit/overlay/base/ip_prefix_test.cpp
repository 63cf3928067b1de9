#include "overlay/base/ip_prefix.hpp"

#include <gtest/gtest.h>

namespace flatlan {
namespace {

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }

TEST(IpPrefix, RefusesHostBitsAndNamesThePrefixThatWasProbablyMeant) {
    const auto refused = IpPrefix::from_text("10.244.0.1/16");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().expected(), "10.244.0.0/16");
}

TEST(IpPrefix, RefusesWhatIsNoPrefix) {
    for (const char* text : {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "fd00::/129",
                             "10.0.0.0/8x", "10.0.0.0/-1", "10.0.0/8", "x/8"})
        EXPECT_FALSE(IpPrefix::from_text(text)) << text;
}

TEST(IpPrefix, ContainsItsOwnFamilyAlone) {
    EXPECT_TRUE(prefix("0.0.0.0/0").contains(address("255.255.255.255")));
    EXPECT_FALSE(prefix("0.0.0.0/0").contains(address("::1")));
    EXPECT_TRUE(prefix("::/0").contains(address("ffff::1")));
    EXPECT_TRUE(prefix("10.244.0.0/16").contains(prefix("10.244.3.0/26")));
    EXPECT_FALSE(prefix("10.244.3.0/26").contains(prefix("10.244.0.0/16")));
    EXPECT_TRUE(prefix("10.244.3.0/26").overlaps(prefix("10.244.0.0/16")));
}

TEST(IpPrefix, CutsIntoBlocks) {
    const IpPrefix cluster = prefix("fd00:10:244::/56");
    EXPECT_EQ(cluster.count_of(58), 4U);
    EXPECT_EQ(cluster.subprefix(122, 1), prefix("fd00:10:244::40/122"));
    EXPECT_EQ(prefix("::/0").count_of(128), std::uint64_t{1} << 63U);
    EXPECT_EQ(to_string(prefix("10.0.0.0/8").subprefix(26, 262143)), "10.255.255.192/26");
}

TEST(IpPrefix, KnowsItsLastAddress) {
    EXPECT_EQ(prefix("10.244.0.0/26").last(), address("10.244.0.63"));
    EXPECT_EQ(prefix("::/0").last(), address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    EXPECT_EQ(IpPrefix::host(address("10.0.0.1")).last(), address("10.0.0.1"));
}

}  // namespace
}  // namespace flatlan
