#include "overlay/base/ip_prefix.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "overlay/base/prng.hpp"

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

TEST(IpPrefix, CountsFromItsLowestAddress) {
    const IpPrefix block = prefix("10.244.0.64/26");
    EXPECT_EQ(block.at(63), address("10.244.0.127"));
    EXPECT_EQ(block.offset_of(address("10.244.0.127")), 63U);
    EXPECT_EQ(block.host_bits(), 6U);
}

TEST(IpPrefix, AbortsOutsideOfItself) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(static_cast<void>(prefix("10.244.0.64/26").at(64)), "offset");
    EXPECT_DEATH(static_cast<void>(prefix("10.244.0.64/26").offset_of(address("10.244.0.1"))),
                 "contains");
}

/// Whether the first `length_bits` bits of two addresses are the same, bit by bit.
bool share_bits(const IpAddress& one, const IpAddress& other, unsigned length_bits) {
    const unsigned width = address_bits(one.family());
    for (unsigned bit = 0; bit < length_bits; ++bit) {
        const unsigned shift = width - 1 - bit;
        if (((one.value() >> shift) & 1U) != ((other.value() >> shift) & 1U)) return false;
    }
    return true;
}

TEST(IpPrefix, ContainsAndOverlapsAsTheirBitsSay) {
    Prng prng{4711};
    int contained = 0;
    for (int i = 0; i < 20'000; ++i) {
        const IpFamily family = prng.chance(1, 2) ? IpFamily::ipv4 : IpFamily::ipv6;
        const unsigned width = address_bits(family);
        // Two addresses that differ in one run of low bits, so that most lengths matter.
        const Uint128 base = Ipv6Address::from_halves(prng.next(), prng.next()).value();
        const Uint128 noise = Uint128{prng.next()} >> prng.below(64);
        const IpAddress one = IpAddress::from_value(family, base);
        const IpAddress other = IpAddress::from_value(family, base ^ noise);
        const auto length = [&] { return static_cast<unsigned>(prng.below(width + 1)); };
        const IpPrefix wide = IpPrefix::containing(one, length());
        const IpPrefix near = IpPrefix::containing(other, length());

        const bool inside = share_bits(wide.address(), other, wide.length_bits());
        ASSERT_EQ(wide.contains(other), inside) << to_string(wide) << ' ' << to_string(other);
        const bool overlap = share_bits(wide.address(), near.address(),
                                        std::min(wide.length_bits(), near.length_bits()));
        ASSERT_EQ(wide.overlaps(near), overlap) << to_string(wide) << ' ' << to_string(near);
        ASSERT_EQ(IpPrefix::from_text(to_string(wide)).value(), wide);
        contained += inside ? 1 : 0;
    }
    EXPECT_GT(contained, 2000);
    EXPECT_LT(contained, 18'000);
}

}  // namespace
}  // namespace flatlan
