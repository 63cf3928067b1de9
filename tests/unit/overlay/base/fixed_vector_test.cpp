#include "overlay/base/fixed_vector.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace flatlan {
namespace {

/// Counts how many of it are alive.
using Owner = std::shared_ptr<int>;

TEST(FixedVector, HoldsWhatWasAddedInOrder) {
    FixedVector<int, 3> numbers;
    EXPECT_TRUE(numbers.empty());
    for (int i = 1; i <= 3; ++i)
        numbers.push_back(i);
    EXPECT_TRUE(numbers.full());
    EXPECT_EQ(numbers[2], 3);
    int sum = 0;
    for (const int number : numbers)
        sum += number;
    EXPECT_EQ(sum, 6);
}

TEST(FixedVector, DestroysEachValueOnce) {
    const Owner owner = std::make_shared<int>(1);
    {
        FixedVector<Owner, 4> one;
        one.push_back(owner);
        one.push_back(owner);
        FixedVector<Owner, 4> two = std::move(one);
        EXPECT_TRUE(one.empty());
        EXPECT_EQ(owner.use_count(), 3);
        FixedVector<Owner, 4> three;
        three.push_back(owner);
        three = std::move(two);
        EXPECT_EQ(three.size(), 2U);
        EXPECT_EQ(owner.use_count(), 3);
        three.clear();
        EXPECT_EQ(owner.use_count(), 1);
        three.push_back(owner);
    }
    EXPECT_EQ(owner.use_count(), 1);
}

TEST(FixedVectorDeathTest, AbortsAtOneMoreThanFit) {
    FixedVector<int, 1> one;
    one.push_back(1);
    EXPECT_DEATH(one.push_back(2), "size_ < Capacity");
    EXPECT_DEATH(one[1], "index < size_");
}

}  // namespace
}  // namespace flatlan
