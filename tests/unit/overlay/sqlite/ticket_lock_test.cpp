#include "overlay/sqlite/ticket_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace flatlan::sqlite {
namespace {

using namespace std::chrono_literals;

struct TicketLockTest : testing::Test {
    TicketLock open() const { return TicketLock::open(file()).value(); }
    std::filesystem::path file() const { return folder.path() / "queue"; }
    /// How many tickets have been taken.
    std::int64_t taken() const {
        std::int64_t next = 1;
        std::ifstream{file(), std::ios::binary}.read(reinterpret_cast<char*>(&next), sizeof next);
        return next - 1;
    }
    void wait_until_taken(std::int64_t count) const {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (taken() < count && std::chrono::steady_clock::now() < deadline)
            std::this_thread::yield();
        ASSERT_EQ(taken(), count);
    }
    /// A process that takes the lock and then waits to be killed.
    pid_t start_holder() const {
        const pid_t child = ::fork();
        if (child != 0) return child;
        auto lock = TicketLock::open(file());
        const auto hold = lock.value().lock();
        while (hold)
            ::pause();
        ::_exit(1);
    }
    static void kill(pid_t child) {
        ::kill(child, SIGKILL);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    }

    support::TemporaryFolder folder;
};

TEST_F(TicketLockTest, IsHeldByOneAtATime) {
    std::atomic<int> inside = 0;
    std::atomic<int> turns = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            TicketLock lock = open();
            for (int turn = 0; turn < 100; ++turn) {
                const auto hold = lock.lock();
                ASSERT_TRUE(hold);
                EXPECT_EQ(++inside, 1);
                ++turns;
                --inside;
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(turns, 800);
}

TEST_F(TicketLockTest, IsGivenInTheOrderOfArrival) {
    TicketLock first = open();
    std::optional hold{first.lock().value()};
    std::vector<int> order;
    std::vector<std::thread> threads;
    for (int i = 0; i < 10; ++i) {
        threads.emplace_back([&, i] {
            TicketLock lock = open();
            const auto turn = lock.lock();
            order.push_back(i);
        });
        wait_until_taken(i + 2);
    }
    hold.reset();
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_F(TicketLockTest, GoesOnWhenItsHolderIsKilled) {
    const pid_t child = start_holder();
    wait_until_taken(1);
    TicketLock lock = open();
    auto turn = std::async(std::launch::async, [&] { return lock.lock().has_value(); });
    wait_until_taken(2);
    EXPECT_EQ(turn.wait_for(50ms), std::future_status::timeout) << "the child has the lock";
    kill(child);
    EXPECT_TRUE(turn.get());
}

TEST_F(TicketLockTest, AWaiterThatIsKilledLetsNobodyPassThoseBeforeIt) {
    TicketLock first = open();
    std::optional hold{first.lock().value()};
    const pid_t child = start_holder();
    wait_until_taken(2);
    TicketLock third = open();
    auto turn = std::async(std::launch::async, [&] { return third.lock().has_value(); });
    wait_until_taken(3);
    kill(child);
    EXPECT_EQ(turn.wait_for(50ms), std::future_status::timeout) << "the first still has it";
    hold.reset();
    EXPECT_TRUE(turn.get());
}

TEST_F(TicketLockTest, TellsItsNumberToWhoHasToWaitBeforeAnybodySeesIt) {
    TicketLock first = open();
    int calls = 0;
    std::optional hold{first.lock([&](std::int64_t) { ++calls; }).value()};
    EXPECT_EQ(calls, 0) << "it did not have to wait";
    std::int64_t told = 0;
    auto turn = std::async(std::launch::async, [&] {
        TicketLock lock = open();
        return lock
            .lock([&](std::int64_t ticket) {
                told = ticket;
                EXPECT_EQ(first.next_ticket().value(), ticket);
            })
            .value()
            .ticket();
    });
    wait_until_taken(2);
    hold.reset();
    EXPECT_EQ(turn.get(), 2);
    EXPECT_EQ(told, 2);
}

TEST_F(TicketLockTest, KnowsWhoWaitsAndWhoIsGone) {
    TicketLock first = open();
    std::optional hold{first.lock().value()};
    const pid_t child = start_holder();
    wait_until_taken(2);
    TicketLock asks = open();
    EXPECT_TRUE(asks.is_waiting(1)) << "who has the lock counts";
    EXPECT_TRUE(asks.is_waiting(2));
    EXPECT_FALSE(asks.is_waiting(3)) << "nobody took this number yet";
    kill(child);
    EXPECT_FALSE(asks.is_waiting(2));
    hold.reset();
    const auto later = first.lock();
    EXPECT_FALSE(asks.is_waiting(1)) << "it is locked by the holder only with all others below";
}

TEST_F(TicketLockTest, GoesOnWithTheFileInThePlaceOfADeletedOne) {
    TicketLock before = open();
    std::filesystem::remove(file());
    TicketLock after = open();
    std::optional hold{after.lock().value()};
    auto turn = std::async(std::launch::async, [&] { return before.lock().value().ticket(); });
    wait_until_taken(2);
    hold.reset();
    EXPECT_EQ(turn.get(), 2) << "both wait in one queue";
}

TEST_F(TicketLockTest, RefusesAFileWhoseNumberItNeverGave) {
    std::ofstream{file(), std::ios::binary} << std::string(8, '\xff');
    EXPECT_EQ(open().lock().error().code(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace flatlan::sqlite
