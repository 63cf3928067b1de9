// That the sanitizers of the tests' build see what they are there for, and say where.

#include <gtest/gtest.h>

#include <limits>
#include <memory>

namespace flatlan {
namespace {

#ifdef __SANITIZE_ADDRESS__

TEST(SanitizersDeathTest, UndefinedBehaviourEndsTheProgramAndNamesTheFile) {
    volatile int largest = std::numeric_limits<int>::max();
    EXPECT_DEATH(largest = largest + 1, "sanitizers_test.cpp");
}

TEST(SanitizersDeathTest, AnAccessOutOfBoundsDoesSoToo) {
    const auto octets = std::make_unique<char[]>(4);
    const volatile std::size_t at = 4;
    EXPECT_DEATH(octets[at] = 1, "heap-buffer-overflow(.|\n)*sanitizers_test.cpp");
}

#endif

}  // namespace
}  // namespace flatlan
