#include <gmock/gmock.h>

#include "tests/unit/overlay/probe/cluster/trace/two_machines.hpp"

namespace flatlan::trace {
namespace {

using Network = FakeNetwork;
using JoinedFramesTest = TwoMachinesTest;

TEST_F(JoinedFramesTest, BringsTogetherWhatBothCapturedInTheOrderOfTheirTimes) {
    capture(kN1, Network::kPod1, Duration{1});
    capture(kN1, Network::kPod1, Duration{4});
    capture(kN2, Network::kPod4, Duration{2});
    EXPECT_TRUE(trace(false).value().frames.empty());
    const auto traced = trace(true);
    ASSERT_TRUE(traced) << traced.error().to_string();
    std::vector<std::int64_t> times;
    for (const KeptFrame& kept : traced.value().frames)
        times.push_back(kept.frame.at.count());
    EXPECT_THAT(times, testing::ElementsAre(1, 2, 4));
}

TEST_F(JoinedFramesTest, SaysWhatIsMissingWhereAMachineKnowsOfNone) {
    knows_frames = false;
    const auto traced = trace(true);
    ASSERT_FALSE(traced);
    EXPECT_THAT(traced.error().to_string(), testing::HasSubstr("of this version"));
    EXPECT_TRUE(trace(false));
}

TEST_F(JoinedFramesTest, TakesNoFramesOfAPlaceThatIsOnAnotherMachine) {
    capture(kN2, Network::kPod1, Duration{1});
    const auto traced = trace(true);
    ASSERT_FALSE(traced);
    EXPECT_EQ(traced.error().code(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace flatlan::trace
