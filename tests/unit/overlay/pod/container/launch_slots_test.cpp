#include "overlay/pod/container/launch_slots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace flatlan::pod {
namespace {

using testing::ElementsAre;

class LaunchSlotsOfSix : public testing::Test {
protected:
    LaunchSlotsOfSix() {
        for (std::size_t i = 0; i < owners_.size(); ++i)
            slots_.submit(&owners_[i], [this, i] { launched_.push_back(i); });
        slots_.drive();
    }

    std::array<char, LaunchSlots::kAtOnce + 2> owners_{};
    std::vector<std::size_t> launched_;
    LaunchSlots slots_;
};

TEST_F(LaunchSlotsOfSix, BeginAFewLaunchesAndTheNextOneWhenOneIsOver) {
    EXPECT_THAT(launched_, ElementsAre(0, 1, 2, 3));
    slots_.release(&owners_[2]);
    slots_.drive();
    EXPECT_THAT(launched_, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(LaunchSlotsOfSix, ForgetALaunchThatWaitsAndTakesNoSlot) {
    slots_.release(&owners_[4]);
    slots_.drive();
    EXPECT_THAT(launched_, ElementsAre(0, 1, 2, 3));
    slots_.release(&owners_[0]);
    slots_.drive();
    EXPECT_THAT(launched_, ElementsAre(0, 1, 2, 3, 5));
}

TEST_F(LaunchSlotsOfSix, LaunchOnWhenALaunchFailsAtOnce) {
    std::vector<char> late(LaunchSlots::kAtOnce * 2);
    std::size_t failed = 0;
    for (const char& owner : late)
        slots_.submit(&owner, [&] {
            ++failed;
            slots_.release(&owner);
        });
    for (const char& owner : owners_)
        slots_.release(&owner);
    slots_.drive();
    EXPECT_EQ(failed, late.size());
}

}  // namespace
}  // namespace flatlan::pod
