#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "tools/conformance/plugin_process.hpp"

namespace flatlan::conformance {
namespace {

/// Our children that run; those that have ended are reaped.
std::vector<pid_t> running_children() {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    const std::string self = std::to_string(::getpid());
    std::ifstream list{"/proc/self/task/" + self + "/children"};
    std::vector<pid_t> pids;
    for (pid_t pid = 0; list >> pid;)
        pids.push_back(pid);
    return pids;
}

void wait_for_end(pid_t pid, std::chrono::milliseconds limit) {
    const UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    pollfd wait{process.get(), POLLIN, 0};
    if (process && limit.count() > 0) ::poll(&wait, 1, static_cast<int>(limit.count()));
}

}  // namespace

std::vector<std::string> find_left_processes() {
    constexpr std::chrono::seconds kPatience{1};
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (const pid_t pid : running_children()) {
        const auto left = end - std::chrono::steady_clock::now();
        wait_for_end(pid, std::chrono::duration_cast<std::chrono::milliseconds>(left));
    }
    const std::vector<pid_t> pids = running_children();
    std::vector<std::string> names;
    for (const pid_t pid : pids) {
        std::ifstream file{"/proc/" + std::to_string(pid) + "/comm"};
        std::string name;
        std::getline(file, name);
        names.push_back(name + " (" + std::to_string(pid) + ")");
    }
    return names;
}

void end_left_processes() {
    for (const pid_t pid : running_children()) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
}

}  // namespace flatlan::conformance
