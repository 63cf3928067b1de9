#include "tools/forward/flow.hpp"

#include <gtest/gtest.h>

namespace flatlan::forward {
namespace {

std::vector<std::byte> octets(std::size_t count) { return std::vector<std::byte>(count); }

TEST(Flow, ReadsNothingWhileAnythingWaits) {
    Flow flow;
    EXPECT_TRUE(flow.wants_octets());
    flow.handle_octets(octets(10));
    EXPECT_FALSE(flow.wants_octets());
    flow.handle_written(4);
    EXPECT_EQ(flow.waiting().size(), 6U);
    EXPECT_FALSE(flow.wants_octets());
    flow.handle_written(6);
    EXPECT_TRUE(flow.wants_octets());
}

TEST(Flow, TellsTheEndOnceAndAfterAllThatWaits) {
    Flow flow;
    flow.handle_octets(octets(2));
    flow.handle_end();
    EXPECT_FALSE(flow.poll_shutdown());
    EXPECT_FALSE(flow.finished());
    flow.handle_written(2);
    EXPECT_FALSE(flow.wants_octets());
    EXPECT_TRUE(flow.poll_shutdown());
    EXPECT_FALSE(flow.poll_shutdown());
    EXPECT_TRUE(flow.finished());
}

TEST(Flow, MayEndWithoutAnOctet) {
    Flow flow;
    flow.handle_end();
    EXPECT_TRUE(flow.poll_shutdown());
    EXPECT_TRUE(flow.finished());
}

TEST(FlowDeathTest, KeepsNoMoreThanOneReadBrings) {
    Flow flow;
    flow.handle_octets(octets(Flow::kReadMaxBytes));
    EXPECT_DEATH(flow.handle_octets(octets(1)), "");
    Flow other;
    EXPECT_DEATH(other.handle_octets(octets(Flow::kReadMaxBytes + 1)), "");
}

}  // namespace
}  // namespace flatlan::forward
