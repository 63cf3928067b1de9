#include "overlay/node/path_schedule.hpp"

#include <gmock/gmock.h>

#include <set>

namespace flatlan::node {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;

/// A node that probes its ways each second, of a clock that only the test moves.
class PathScheduleTest : public testing::Test {
protected:
    void have(std::size_t peers) {
        peers_.clear();
        for (std::size_t i = 0; i < peers; ++i)
            peers_.push_back(peer(i));
    }
    static IpAddress peer(std::size_t number) {
        return Ipv4Address{0x0a00'0000U + static_cast<std::uint32_t>(number)};
    }
    void use(std::size_t number) { schedule_.handle_used(now_, std::vector{peer(number)}); }
    /// The peers of the next round.
    std::vector<std::size_t> round() {
        now_ = now_ + 1s;
        return schedule_.poll_round(now_, peers_);
    }
    std::set<std::size_t> rounds(std::size_t count) {
        std::set<std::size_t> seen;
        for (std::size_t i = 0; i < count; ++i)
            for (const std::size_t one : round())
                seen.insert(one);
        return seen;
    }

    PathSchedule schedule_;
    std::vector<IpAddress> peers_;
    Instant now_{};
};

TEST_F(PathScheduleTest, ProbesFewPeersAllWithinThreeRounds) {
    have(PathSchedule::kFewPeers);
    for (int turn = 0; turn < 4; ++turn)
        EXPECT_THAT(rounds(3), SizeIs(PathSchedule::kFewPeers));
    have(3);
    EXPECT_THAT(round(), SizeIs(3));
    have(0);
    EXPECT_THAT(round(), IsEmpty());
}

TEST_F(PathScheduleTest, ProbesOfManyPeersThoseInUseWithinThreeRoundsAndAFewOfTheOthers) {
    have(1000);
    EXPECT_THAT(round(), SizeIs(PathSchedule::kOthers));
    for (std::size_t number = 100; number < 190; ++number)
        use(number);
    for (int turn = 0; turn < 3; ++turn) {
        const auto seen = rounds(3);
        for (std::size_t number = 100; number < 190; ++number)
            EXPECT_THAT(seen, Contains(number));
        EXPECT_THAT(seen, SizeIs(90 + 3 * PathSchedule::kOthers));
    }
}

TEST_F(PathScheduleTest, ProbesAPeerFirstThatComesIntoUse) {
    have(1000);
    for (std::size_t number = 0; number < 300; ++number)
        use(number);
    rounds(3);
    use(777);
    EXPECT_EQ(round().front(), 777U);
}

TEST_F(PathScheduleTest, LetsAPeerGoThatIsNotUsedAnyMore) {
    have(1000);
    use(500);
    for (Duration passed = 1s; passed <= PathSchedule::kInUse; passed += 1s)
        EXPECT_THAT(round(), Contains(500U));
    EXPECT_THAT(round(), SizeIs(PathSchedule::kOthers));
}

TEST_F(PathScheduleTest, GetsToEveryPeerInTheEndAndNeverToMoreThanItsLimit) {
    have(1000);
    EXPECT_THAT(rounds(1000 / PathSchedule::kOthers), SizeIs(1000));
    for (std::size_t number = 0; number < 1000; ++number)
        use(number);
    EXPECT_THAT(round(), SizeIs(PathSchedule::kInUseMax));
    EXPECT_THAT(rounds(8), SizeIs(testing::Gt(900)));
}

TEST_F(PathScheduleTest, RestsWhileNoneOfManyIsInUse) {
    have(1000);
    EXPECT_FALSE(schedule_.rests(now_));
    round();
    for (Duration passed = 1s; passed < PathSchedule::kRest; passed += 1s) {
        now_ = now_ + 1s;
        EXPECT_TRUE(schedule_.rests(now_));
    }
    const auto others = round();
    EXPECT_THAT(others, SizeIs(5 * PathSchedule::kOthers));
    EXPECT_THAT(rounds(495), SizeIs(990));  // and goes on behind them

    use(777);
    EXPECT_FALSE(schedule_.rests(now_));
    EXPECT_EQ(round().front(), 777U);
    now_ = now_ + PathSchedule::kInUse;
    EXPECT_FALSE(schedule_.rests(now_));
    round();
    EXPECT_TRUE(schedule_.rests(now_));

    have(PathSchedule::kFewPeers);
    round();
    EXPECT_FALSE(schedule_.rests(now_));
}

TEST_F(PathScheduleTest, TakesPeersThatGoAndComeAsTheyAre) {
    have(1000);
    use(999);
    EXPECT_THAT(round(), Contains(999U));
    have(999);
    EXPECT_THAT(round(), testing::Not(Contains(999U)));
    have(10);
    EXPECT_THAT(rounds(3), SizeIs(10));
    have(1000);  // those ten were probed as few are, and are in use no more than others
    EXPECT_THAT(round(), SizeIs(PathSchedule::kOthers + 1));  // 999 still is
}

}  // namespace
}  // namespace flatlan::node
