#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include "tests/support/child.hpp"

namespace flatlan::support {

/// Runs `work` in a process that sees no others, in a /proc of its own: what they hold is none of
/// the test's business. Skips the test where the machine does not allow it. The test's program
/// must be root, if only in a user namespace of its own.
template <typename Work>
void run_alone(Work work) {
    auto outer = Child::start([&] {
        if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            ::_exit(Child::kSkipped);
        auto inner = Child::start([&] {
            if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) ::_exit(Child::kSkipped);
            work();
        });
        ::_exit(inner.wait());
    });
    const int status = outer.wait();
    if (status == Child::kSkipped) GTEST_SKIP() << "no PID namespace or no /proc of its own here";
    EXPECT_EQ(status, 0);
}

}  // namespace flatlan::support
