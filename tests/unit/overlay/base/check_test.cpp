#include "overlay/base/check.hpp"

#include <gtest/gtest.h>

namespace flatlan {
namespace {

TEST(Check, SaysWhatDoesNotHoldAndWhereAndAborts) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const int two = 2;
    FLATLAN_CHECK(two == 2);
    EXPECT_DEATH(FLATLAN_CHECK(two == 3), "bug: two == 3 does not hold .*check_test.cpp:[0-9]+");
}

}  // namespace
}  // namespace flatlan
