#include "overlay/probe/io/machine_load.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <thread>

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

}  // namespace
}  // namespace flatlan::probe
