#include "overlay/lab/change_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

namespace flatlan::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::chrono::milliseconds kAtOnce{0};

TEST(ChangeQueue, GivesOneTurnAtATimeAndNamesWhoHasIt) {
    ChangeQueue queue{kAtOnce};
    {
        const auto first = queue.take("apply lab.yaml");
        ASSERT_TRUE(first);
        EXPECT_EQ(first.value().note(), "");
        const auto second = queue.take("scale deployment/web");
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code(), ErrorCode::unavailable);
        EXPECT_THAT(second.error().text(), HasSubstr("apply lab.yaml"));
    }
    EXPECT_TRUE(queue.take("scale deployment/web"));
}

TEST(ChangeQueue, LetsOthersInWhileOneStepsAside) {
    ChangeQueue queue{kAtOnce};
    auto first = queue.take("apply");
    ASSERT_TRUE(first);
    bool others = false;
    ASSERT_TRUE(first.value().step_aside([&] { others = queue.take("scale").has_value(); }));
    EXPECT_TRUE(others);
    EXPECT_FALSE(queue.take("scale")) << "the turn was not taken back";
}

// Whoever came first goes first; each is in line before the next one comes.
TEST(ChangeQueue, KeepsTheOrderOfThoseWhoWait) {
    ChangeQueue queue;
    auto holder = queue.take("up");
    ASSERT_TRUE(holder);
    std::vector<int> order;
    std::vector<std::future<void>> waiting;
    for (int i = 0; i < 3; ++i) {
        waiting.push_back(std::async(std::launch::async, [&queue, &order, i] {
            if (const auto turn = queue.take("scale")) order.push_back(i);
        }));
        while (queue.waiting() != static_cast<std::size_t>(i + 1))
            std::this_thread::yield();
    }
    { const auto given = std::move(holder); }
    waiting.clear();  // waits for each
    EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST(ChangeQueue, TellsThoseWhoWaitThatTheLabHasEnded) {
    ChangeQueue queue;
    auto holder = queue.take("down");
    ASSERT_TRUE(holder);
    auto waiting = std::async(std::launch::async, [&] { return queue.take("apply").has_value(); });
    while (queue.waiting() != 1)
        std::this_thread::yield();
    queue.close();
    EXPECT_FALSE(waiting.get());
    EXPECT_FALSE(queue.take("apply"));
    EXPECT_FALSE(holder.value().step_aside([] {})) << "there is no turn to come back to";
}

TEST(ChangeQueue, HasALimitOfRequests) {
    ChangeQueue queue;
    auto holder = queue.take("down");
    ASSERT_TRUE(holder);
    std::vector<std::future<bool>> waiting;
    for (std::size_t i = 1; i < ChangeQueue::kRequestsMax; ++i)
        waiting.push_back(
            std::async(std::launch::async, [&] { return queue.take("apply").has_value(); }));
    while (queue.waiting() != ChangeQueue::kRequestsMax - 1)
        std::this_thread::yield();
    const auto refused = queue.take("one too many");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
    { const auto given = std::move(holder); }
    for (auto& each : waiting)
        EXPECT_TRUE(each.get());
}

}  // namespace
}  // namespace flatlan::lab
