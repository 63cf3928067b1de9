#include "tunnel/engine/token_bucket.hpp"

#include <gtest/gtest.h>

namespace flatlan::tunnel {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

constexpr Instant kStart = Instant::from_nanoseconds(1'000'000);

/// How many tokens it gives at once.
unsigned drain(TokenBucket& bucket, Instant now) {
    unsigned taken = 0;
    while (bucket.take(now))
        ++taken;
    return taken;
}

TEST(TokenBucket, GivesItsBurstAndThenOnePerInterval) {
    TokenBucket bucket{kStart, 5, 10ms};
    EXPECT_EQ(drain(bucket, kStart), 5U);
    EXPECT_EQ(drain(bucket, kStart + 9ms), 0U);
    EXPECT_EQ(drain(bucket, kStart + 10ms), 1U);
    EXPECT_EQ(drain(bucket, kStart + 35ms), 2U);
    EXPECT_EQ(drain(bucket, kStart + 40ms), 1U) << "the odd 5 ms count";
}

TEST(TokenBucket, NeverHoldsMoreThanItsBurst) {
    TokenBucket bucket{kStart, 5, 10ms};
    EXPECT_EQ(drain(bucket, kStart + 24h), 5U);
    EXPECT_EQ(drain(bucket, kStart + 24h + 9ms), 0U);
}

TEST(TokenBucket, EarnsNothingFromATimeThatWentBack) {
    TokenBucket bucket{kStart, 1, 10ms};
    EXPECT_TRUE(bucket.take(kStart));
    EXPECT_FALSE(bucket.take(kStart - 1h));
    EXPECT_TRUE(bucket.take(kStart + 10ms));
}

// However the calls fall, no window lets more through than burst plus what the window earns.
TEST(TokenBucket, KeepsItsRateOverAnyWindow) {
    TokenBucket bucket{kStart, 3, 7ms};
    unsigned taken = 0;
    for (int step = 0; step <= 700; ++step)
        if (bucket.take(kStart + step * 1ms)) ++taken;
    EXPECT_EQ(taken, 3U + 100U);
}

}  // namespace
}  // namespace flatlan::tunnel
