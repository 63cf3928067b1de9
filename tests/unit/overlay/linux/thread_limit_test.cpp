#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <system_error>
#include <thread>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/parallel.hpp"
#include "tests/support/child.hpp"

namespace flatlan {
namespace {

using support::Child;
using testing::HasSubstr;

/// Whoever is root of the machine has no limit of processes.
constexpr uid_t kNobodyElse = 54321;

bool gets_a_thread() {
    try {
        std::thread{[] {}}.join();
    } catch (const std::system_error&) {
        return false;
    }
    return true;
}

/// Runs `work` in a process whose user may have no further thread; skips the test where the
/// machine gives one all the same.
template <typename Work>
void run_without_threads(Work work) {
    auto child = Child::start([&] {
        // An ordinary user's namespace has no such user, and its root no such right.
        static_cast<void>(setresuid(kNobodyElse, kNobodyElse, kNobodyElse));
        const rlimit none{.rlim_cur = 1, .rlim_max = 1};
        setrlimit(RLIMIT_NPROC, &none);
        if (gets_a_thread()) _exit(Child::kSkipped);
        work();
    });
    const int status = child.wait();
    if (status == Child::kSkipped) GTEST_SKIP() << "a limit of processes does not hold here";
    EXPECT_EQ(status, 0);
}

TEST(ThreadLimit, LeavesParallelWorkToTheCaller) {
    run_without_threads([] {
        std::atomic<std::size_t> sum = 0;
        const auto done = for_each_on_threads(4, 10, [&](std::size_t index) -> Result<void> {
            sum += index;
            return success();
        });
        EXPECT_TRUE(done);
        EXPECT_EQ(sum, 45U);
    });
}

TEST(ThreadLimit, IsSaidWhereAThreadOfItsOwnIsNeeded) {
    const auto mounts = Namespace::open("/proc/self/ns/mnt");
    ASSERT_TRUE(mounts);
    run_without_threads([&] {
        const auto made = Namespace::create_ipc();
        const auto ran = run_in_mounts(mounts.value(), []() -> Result<void> { return success(); });
        ASSERT_FALSE(made);
        ASSERT_FALSE(ran);
        for (const Error& error : {made.error(), ran.error()}) {
            EXPECT_EQ(error.code(), ErrorCode::unavailable);
            EXPECT_THAT(error.to_string(), HasSubstr("start a thread"));
            EXPECT_THAT(error.to_string(), HasSubstr("a higher limit of processes"));
        }
    });
}

}  // namespace
}  // namespace flatlan
