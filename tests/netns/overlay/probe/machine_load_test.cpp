#include "overlay/probe/io/machine_load.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <list>
#include <thread>
#include <vector>

#include "overlay/probe/io/epoll.hpp"

namespace flatlan::probe {
namespace {

using namespace std::chrono_literals;

/// The calling thread runs on that processor alone.
bool stay_on(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

TEST(RunDelay, GrowsWhereTwoThreadsWantOneProcessor) {
    std::atomic<bool> done = false;
    std::atomic<bool> stays = true;
    RunDelay delay;
    const int here = ::sched_getcpu();
    const auto spin = [&](auto until) {
        stays = stays && stay_on(here);
        while (!done && !until()) {
        }
    };
    std::jthread rival{[&] { spin([] { return false; }); }};
    std::jthread watched{[&] {
        const RunDelayWatch watch;
        const Instant deadline = monotonic_now() + 60s;
        spin([&] {
            delay = watch.so_far();
            return delay.waited > 50ms || monotonic_now() > deadline;
        });
        done = true;
    }};
    watched.join();
    EXPECT_TRUE(stays);
    EXPECT_GT(delay.waited, 50ms);
    EXPECT_GT(delay.of, delay.waited);
}

// A processor that was idle for 30 ticks, of the tester for 20, in packets for 10 and had by others
// for 40.
TEST(DoneByOthers, IsWhatNeitherTheTesterNorPacketsNorNobodyDid) {
    const ProcessorTime before{.idle = 1000, .packets = 100, .all = 5000};
    const ProcessorTime after{.idle = 1030, .packets = 110, .all = 5100};
    EXPECT_EQ(done_by_others(before, after, 200ms), 400ms);
    EXPECT_EQ(done_by_others(before, after, 600ms), 0ms);
    EXPECT_EQ(done_by_others(before, after, 700ms), 0ms) << "a part of it was the packets'";
}

/// A process that does nothing and leaves no processor idle, until it is out of scope.
class Spinner {
public:
    Spinner() : process_{::fork()} {
        while (process_ == 0) {
        }
    }
    ~Spinner() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    Spinner(const Spinner&) = delete;
    Spinner& operator=(const Spinner&) = delete;
    pid_t process() const { return process_; }

private:
    pid_t process_;
};

TEST(OthersWatch, SeesThatOthersHaveTheProcessorsButForThoseThatCarryPackets) {
    std::list<Spinner> rivals(2 * std::thread::hardware_concurrency());
    ASSERT_GT(rivals.front().process(), 0);
    const Instant deadline = monotonic_now() + 60s;
    RunDelay all;
    RunDelay some;
    do {
        const OthersWatch watch;
        const OthersWatch but_one{rivals.front().process()};
        watch.watch_long_enough();
        all = watch.so_far();
        some = but_one.so_far();
    } while (!(all.others * 4 > all.processors && some.others < all.others) &&
             monotonic_now() < deadline);
    EXPECT_GT(all.others * 4, all.processors);
    EXPECT_LT(some.others, all.others);
    EXPECT_GE(all.processors, all.others);
}

TEST(IdleWatch, CallsAMachineBusyWhoseProcessorsAreAllTaken) {
    std::atomic<bool> done = false;
    std::vector<std::jthread> rivals;
    for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i)
        rivals.emplace_back([&] {
            while (!done) {
            }
        });
    const Instant deadline = monotonic_now() + 60s;
    bool busy = false;
    while (!busy && monotonic_now() < deadline) {
        const IdleWatch watch;
        // The kernel counts in ticks of 1 to 10 ms.
        const Instant enough = std::min(deadline, monotonic_now() + 100ms);
        while (monotonic_now() < enough) {
        }
        busy = watch.is_busy();
    }
    done = true;
    EXPECT_TRUE(busy);
}

}  // namespace
}  // namespace flatlan::probe
