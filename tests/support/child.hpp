#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <new>
#include <utility>

namespace flatlan::support {

/// A process that a test forks, killed and waited for at the latest when this ends. The test's
/// program must have one thread then.
class Child {
public:
    static constexpr int kSkipped = 77;

    /// Runs `work` in a process of its own, which ends with 0, or with 1 when an expectation failed
    /// in it (its words are on standard output).
    template <typename Work>
    static Child start(Work work) {
        std::cout << std::flush;
        const pid_t pid = ::fork();
        if (pid != 0) return Child{pid};
        work();
        std::cout << std::flush;
        // Nothing of the test's program is to be ended twice.
        ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }

    Child(Child&& other) noexcept : pid_{std::exchange(other.pid_, -1)} {}
    Child& operator=(Child&&) = delete;
    ~Child() {
        if (pid_ > 0) kill();
    }

    /// Its exit status, or minus the signal that ended it.
    int wait() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }
    int kill() {
        ::kill(pid_, SIGKILL);
        return wait();
    }

private:
    explicit Child(pid_t pid) : pid_{pid} {}
    pid_t pid_;
};

/// A value that a test and its children see, each other's writes included, also after their death.
template <typename T>
class Shared {
public:
    Shared() {
        void* const memory =
            ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) std::abort();
        value_ = new (memory) T{};
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::munmap(value_, sizeof(T)); }

    T& operator*() { return *value_; }
    T* operator->() { return value_; }

private:
    T* value_;
};

}  // namespace flatlan::support
