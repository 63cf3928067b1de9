#include "overlay/pod/container/pause_process.hpp"

#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace flatlan::pod {
namespace {

/// In the child of a process with threads: bare system calls and nothing that could hold a lock.
[[noreturn]] void rest_forever() {
    close_range(0, ~0U, 0);
    prctl(PR_SET_NAME, "pause");
    // Whose children are reaped by the kernel then (sigaction(2), SA_NOCLDWAIT).
    std::signal(SIGCHLD, SIG_IGN);
    for (;;)
        pause();
}

}  // namespace

Result<PauseProcess> PauseProcess::start() {
    clone_args request{};
    request.flags = CLONE_NEWPID;
    request.exit_signal = SIGCHLD;
    const long process = syscall(SYS_clone3, &request, sizeof request);
    if (process < 0) return Error::from_errno(errno, "make a PID namespace");
    if (process == 0) rest_forever();
    return PauseProcess{static_cast<pid_t>(process)};
}

PauseProcess::~PauseProcess() {
    if (process_ > 0) kill(process_, SIGKILL);
}

std::string PauseProcess::namespace_path() const {
    return "/proc/" + std::to_string(process_) + "/ns/pid";
}

}  // namespace flatlan::pod
