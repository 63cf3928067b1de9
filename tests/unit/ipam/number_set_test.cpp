#include "ipam/number_set.hpp"

#include <gtest/gtest.h>

#include <set>

#include "overlay/base/prng.hpp"

namespace flatlan::ipam {
namespace {

TEST(NumberSet, BehavesAsASortedSetDoes) {
    for (const std::size_t size : {1U, 63U, 64U, 65U, 4096U, 4097U, 300'000U}) {
        SCOPED_TRACE(testing::Message() << "size=" << size << " seed=" << size);
        Prng chance{size};
        NumberSet numbers{size};
        std::set<std::size_t> model;
        for (int step = 0; step < 5'000; ++step) {
            const auto number = static_cast<std::size_t>(chance.below(size));
            if (chance.chance(1, 2)) {
                numbers.insert(number);
                model.insert(number);
            } else {
                const auto lowest = numbers.lowest();
                if (lowest) numbers.erase(*lowest);
                if (!model.empty()) model.erase(model.begin());
                numbers.erase(number);
                model.erase(number);
            }
            ASSERT_EQ(numbers.count(), model.size());
            ASSERT_EQ(numbers.contains(number), model.contains(number));
            ASSERT_EQ(numbers.lowest(),
                      model.empty() ? std::nullopt : std::optional{*model.begin()});
        }
    }
}

TEST(NumberSet, HoldsExactlyItsNumbersWhenAllAreInserted) {
    for (const std::size_t size : {1U, 64U, 65U, 4097U}) {
        NumberSet numbers{size};
        numbers.insert_all();
        for (std::size_t number = 0; number < size; ++number) {
            ASSERT_EQ(numbers.lowest(), number);
            numbers.erase(number);
        }
        EXPECT_TRUE(numbers.empty());
        EXPECT_EQ(numbers.lowest(), std::nullopt);
    }
}

}  // namespace
}  // namespace flatlan::ipam
