#include "tunnel/user/busy_poll.hpp"

#include <gtest/gtest.h>

namespace flatlan::tunnel {
namespace {

using namespace std::chrono_literals;

constexpr Duration kShortYield = 2us;
constexpr Duration kTimeSlice = 4ms;

/// A queue with its clock, on a machine of which the test says how long a yield takes.
struct Queue {
    BusyPoll busy_poll;
    Instant now = Instant::from_nanoseconds(1'000'000'000);

    void carry_packet() { busy_poll.worked(now); }
    /// Looks until it goes to sleep; says how long that took.
    Duration look(Duration yield) {
        const Instant from = now;
        while (busy_poll.wants_another_look(now)) {
            const Instant before = now;
            now = now + yield;
            busy_poll.yielded(before, now);
        }
        return now - from;
    }
    void rest(Duration span) {
        const Instant before = now;
        now = now + span;
        busy_poll.slept(before, now);
    }
};

TEST(BusyPoll, AQueueThatNeverHadAPacketSleeps) { EXPECT_EQ(Queue{}.look(kShortYield), 0ns); }

TEST(BusyPoll, LooksForTheWindowAfterAPacketAndThenSleepsUntilTheNext) {
    Queue queue;
    queue.carry_packet();
    EXPECT_EQ(queue.look(kShortYield), BusyPoll::kWindowMin);
    EXPECT_EQ(queue.look(kShortYield), 0ns);
    queue.carry_packet();
    EXPECT_EQ(queue.look(kShortYield), BusyPoll::kWindowMin);
}

TEST(BusyPoll, LooksLongerWhereTheNextPacketCameSoonAfter) {
    Queue queue;
    for (int packet = 0; packet < 8; ++packet) {
        queue.carry_packet();
        queue.look(kShortYield);
        queue.rest(100us);
    }
    queue.carry_packet();
    EXPECT_EQ(queue.look(kShortYield), BusyPoll::kWindowMax);
}

TEST(BusyPoll, LooksShorterWherePacketsAreRare) {
    Queue queue;
    queue.rest(100us);
    for (int packet = 0; packet < 3; ++packet) {
        queue.carry_packet();
        queue.look(kShortYield);
        queue.rest(BusyPoll::kWindowMax);
    }
    queue.carry_packet();
    EXPECT_EQ(queue.look(kShortYield), BusyPoll::kWindowMin);
}

TEST(BusyPoll, AfterATimeSliceLostItSleepsAtOnceForAWhile) {
    Queue queue;
    queue.carry_packet();
    EXPECT_EQ(queue.look(kTimeSlice), kTimeSlice) << "the first loss is not to be foreseen";
    queue.carry_packet();
    EXPECT_EQ(queue.look(kTimeSlice), 0ns);
    queue.now = queue.now + BusyPoll::kFirstRest;
    queue.carry_packet();
    EXPECT_EQ(queue.look(kShortYield), BusyPoll::kWindowMin);
}

TEST(BusyPoll, WhereOthersComputeForAMinuteItLosesLittleOfIt) {
    Queue queue;
    Duration lost{};
    const Instant end = queue.now + 60s;
    while (queue.now < end) {
        queue.carry_packet();
        lost += queue.look(kTimeSlice);
        queue.now = queue.now + 100us;
    }
    EXPECT_GT(lost, 0ns);
    EXPECT_LT(lost, 100ms);
}

TEST(BusyPoll, IsItsOldSelfOnceTheMachineIsQuietAgain) {
    Queue queue;
    for (int loss = 0; loss < 8; ++loss) {
        queue.carry_packet();
        queue.look(kTimeSlice);
        queue.now = queue.now + BusyPoll::kLongestRest;
    }
    for (int packet = 0; packet < 100; ++packet) {
        queue.carry_packet();
        queue.look(kShortYield);
    }
    queue.carry_packet();
    queue.look(kTimeSlice);
    queue.now = queue.now + BusyPoll::kFirstRest;
    queue.carry_packet();
    EXPECT_EQ(queue.look(kShortYield), BusyPoll::kWindowMin);
}

}  // namespace
}  // namespace flatlan::tunnel
