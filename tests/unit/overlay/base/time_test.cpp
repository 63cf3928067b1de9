#include "overlay/base/time.hpp"

#include <gtest/gtest.h>

namespace flatlan {
namespace {

using namespace std::chrono_literals;

TEST(Instant, MovesBySpansAndDiffersByThem) {
    const Instant start = Instant::from_nanoseconds(1'000);
    EXPECT_EQ((start + 2us).nanoseconds(), 3'000);
    EXPECT_EQ(start + 2us - 2us, start);
    EXPECT_EQ((start + 5ms) - start, 5ms);
    EXPECT_EQ(start - (start + 5ms), -5ms);
}

TEST(Instant, SortsByTime) {
    const Instant start;
    EXPECT_LT(start, start + 1ns);
    EXPECT_GT(start, start - 1ns);
    EXPECT_EQ(start.nanoseconds(), 0);
}

}  // namespace
}  // namespace flatlan
