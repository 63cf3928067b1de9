#include <gtest/gtest.h>

#include <array>

#include "overlay/base/hash.hpp"
#include "overlay/base/prng.hpp"

namespace flatlan {
namespace {

// The first outputs of SplitMix64's public reference implementation for this seed.
TEST(Prng, GivesTheReferencesNumbers) {
    Prng prng{1234567};
    for (const std::uint64_t number :
         {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
          4593380528125082431ULL, 16408922859458223821ULL})
        EXPECT_EQ(prng.next(), number);
}

TEST(Prng, IsTheSameForTheSameSeedAndAnotherForTheNext) {
    Prng one{7};
    Prng same{7};
    Prng other{8};
    int alike = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t number = one.next();
        ASSERT_EQ(number, same.next());
        alike += number == other.next() ? 1 : 0;
    }
    EXPECT_EQ(alike, 0);
}

TEST(Prng, StaysBelowItsBoundAndReachesAllOfIt) {
    Prng prng{1};
    std::array<int, 6> seen{};
    for (int i = 0; i < 6000; ++i)
        ++seen.at(prng.below(seen.size()));
    for (const int count : seen)
        EXPECT_NEAR(count, 1000, 150);
    EXPECT_EQ(prng.below(1), 0U);
}

TEST(Prng, TakesAChanceInItsShareOfTheCases) {
    Prng prng{2};
    int taken = 0;
    for (int i = 0; i < 10'000; ++i)
        taken += prng.chance(1, 4) ? 1 : 0;
    EXPECT_NEAR(taken, 2500, 200);
    EXPECT_FALSE(prng.chance(0, 1));
    EXPECT_TRUE(prng.chance(1, 1));
}

TEST(Prng, AbortsWhenNothingCanBeDrawn) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(Prng{1}.below(0), "bound > 0");
}

// Test vectors of FNV-1a with 64 bits, as its authors publish them.
TEST(StableHash, GivesTheReferencesValues) {
    EXPECT_EQ(stable_hash(""), 0xcbf2'9ce4'8422'2325U);
    EXPECT_EQ(stable_hash("a"), 0xaf63'dc4c'8601'ec8cU);
    EXPECT_EQ(stable_hash("foobar"), 0x8594'4171'f739'67e8U);
}

TEST(StableHash, SeesEveryOctetAlsoZeroAndNegativeOnes) {
    EXPECT_NE(stable_hash(std::string_view{"\0", 1}), stable_hash(""));
    EXPECT_NE(stable_hash("\xff"), stable_hash("\x7f"));
}

TEST(HashJoin, DependsOnOrderAndOnEachPart) {
    EXPECT_NE(hash_join(1, 2), hash_join(2, 1));
    EXPECT_NE(hash_join(1, 2), hash_join(1, 3));
    EXPECT_NE(hash_join(0, 0), 0U);
}

}  // namespace
}  // namespace flatlan
