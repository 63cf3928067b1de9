#include "overlay/base/mac_address.hpp"

#include <gtest/gtest.h>

#include <set>

namespace flatlan {
namespace {

TEST(MacAddress, ReadsAndWritesSixGroups) {
    const MacAddress read = MacAddress::from_text("02:42:0a:F4:00:01").value();
    EXPECT_EQ(read.octets()[0], std::byte{0x02});
    EXPECT_EQ(read.octets()[3], std::byte{0xf4});
    EXPECT_EQ(to_string(read), "02:42:0a:f4:00:01");
}

TEST(MacAddress, RefusesEveryOtherForm) {
    for (const char* text :
         {"", "02:42:0a:f4:00", "02:42:0a:f4:00:01:02", "02-42-0a-f4-00-01", "2:42:0a:f4:00:001",
          "02:42:0a:f4:00:0g", "02:42:0a:f4:00:+1", "0242:0a:f4:00:001", "02:42:0a:f4:00:01 "})
        EXPECT_FALSE(MacAddress::from_text(text)) << '\'' << text << '\'';
    EXPECT_EQ(MacAddress::from_text("x").error().code(), ErrorCode::invalid_argument);
}

TEST(MacAddress, MadeOfASeedIsUnicastLocalAndAlwaysTheSame) {
    std::set<MacAddress> seen;
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        const MacAddress made = MacAddress::local_from(seed);
        ASSERT_FALSE(made.is_multicast()) << seed;
        ASSERT_EQ(made.octets()[0] & std::byte{0x02}, std::byte{0x02}) << seed;
        ASSERT_TRUE(seen.insert(made).second) << "a second one of seed " << seed;
    }
    EXPECT_EQ(to_string(MacAddress::local_from(0x1234'5678'9abc)), "12:34:56:78:9a:bc");
    EXPECT_EQ(to_string(MacAddress::local_from(0xffff'ffff'ffff'ffff)), "fe:ff:ff:ff:ff:ff");
    EXPECT_EQ(to_string(MacAddress::local_from(0)), "02:00:00:00:00:00");
}

TEST(MacAddress, KnowsMulticast) {
    EXPECT_TRUE(MacAddress::from_text("33:33:00:00:00:01").value().is_multicast());
    EXPECT_TRUE(MacAddress::from_text("ff:ff:ff:ff:ff:ff").value().is_multicast());
    EXPECT_FALSE(MacAddress::from_text("02:00:00:00:00:01").value().is_multicast());
}

}  // namespace
}  // namespace flatlan
