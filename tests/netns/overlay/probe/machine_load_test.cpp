#include "overlay/probe/io/machine_load.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
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
