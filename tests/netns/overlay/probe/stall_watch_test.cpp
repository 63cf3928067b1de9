#include "overlay/probe/io/stall_watch.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>

#include <atomic>

#include "overlay/probe/io/epoll.hpp"
#include "tests/support/child.hpp"
#include "tests/support/eventually.hpp"

namespace flatlan::probe {
namespace {

struct Told {
    std::atomic<pid_t> pid = 0;
    std::atomic<bool> asked = false;
    std::atomic<std::int64_t> longest_ns = 0;
};

// A process that is stopped, as a starved machine's processes are all at once, sees it afterwards.
TEST(StallWatchTest, SeesThatItWasStopped) {
    support::Shared<Told> told;
    auto child = support::Child::start([&] {
        const StallWatch watch;
        const Instant began = monotonic_now();
        told->pid = ::getpid();
        EXPECT_TRUE(support::eventually([&] { return told->asked.load(); }));
        told->longest_ns = watch.longest_since(began).count();
        const Instant later = monotonic_now() + std::chrono::hours{1};
        EXPECT_TRUE(
            support::eventually([&] { return watch.longest_since(later) == Duration::zero(); }));
    });
    ASSERT_TRUE(support::eventually([&] { return told->pid != 0; }));
    ASSERT_EQ(::kill(told->pid, SIGSTOP), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(told->pid, &status, WUNTRACED), told->pid);
    const Instant stopped = monotonic_now();
    constexpr Duration kStop = std::chrono::milliseconds{200};
    ASSERT_TRUE(support::eventually([&] { return monotonic_now() - stopped > kStop; }));
    told->asked = true;
    ASSERT_EQ(::kill(told->pid, SIGCONT), 0);
    EXPECT_EQ(child.wait(), 0);
    EXPECT_GT(Duration{told->longest_ns.load()}, kStop / 2);
}

}  // namespace
}  // namespace flatlan::probe
