#include "overlay/lab/launch.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace flatlan::lab {
namespace {

constexpr std::uint64_t kNamespaces =
    CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;

/// Whether this process may make and set up namespaces without a user namespace of its own: what
/// counts is the capabilities, since root in a container often lacks them.
bool has_namespace_rights() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{};
    if (syscall(SYS_capget, &header, data.data()) != 0) return false;
    constexpr std::uint32_t kNeeded =
        (1U << CAP_SYS_ADMIN) | (1U << CAP_NET_ADMIN) | (1U << CAP_NET_RAW);
    return (data[0].effective & kNeeded) == kNeeded;
}

Result<void> write_file(const char* path, const std::string& text) {
    const UniqueFd file{open(path, O_WRONLY | O_CLOEXEC)};
    if (!file || write(file.get(), text.data(), text.size()) < 0)
        return Error::from_errno(errno, std::string{"write "} + path);
    return success();
}

/// Root inside is the calling user outside, and nobody else exists (user_namespaces(7): a single
/// line may be written without privileges, once setgroups is denied).
Result<void> map_root_to(uid_t user, gid_t group) {
    FLATLAN_TRY_VOID(write_file("/proc/self/setgroups", "deny"));
    FLATLAN_TRY_VOID(write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1"));
    FLATLAN_TRY_VOID(write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1"));
    // The change of identity made the process undumpable, which would hide its /proc/PID/fd from
    // the very user who started it (PR_SET_DUMPABLE, prctl(2)).
    if (prctl(PR_SET_DUMPABLE, 1) != 0)
        return Error::from_errno(errno, "make the supervisor visible");
    return success();
}

Result<void> make_mounts_private() {
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        const int error = errno;
        Error refused = Error::from_errno(error, "make the mounts private");
        if (error != EINVAL) return refused;
        return std::move(refused).expecting(
            "/ to be a mount point: of a chroot, first mount --bind it onto itself");
    }
    // Refused in containers that hide parts of /proc: then the outer one stays, which serves all
    // but ps(1).
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0 &&
        errno != EPERM)
        return Error::from_errno(errno, "mount /proc");
    return success();
}

Result<void> leave_the_terminal(const std::string& log_path) {
    setsid();
    const UniqueFd input{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const UniqueFd log{open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    if (!input || !log || dup2(input.get(), STDIN_FILENO) < 0 ||
        dup2(log.get(), STDOUT_FILENO) < 0 || dup2(log.get(), STDERR_FILENO) < 0)
        return Error::from_errno(errno, "open " + log_path);
    if (chdir("/") != 0) return Error::from_errno(errno, "change to /");
    return success();
}

/// Whatever the starting process had open (a socket, a pipe of a script) must not live as long as
/// the lab.
void close_all_but(std::vector<int> keep) {
    std::sort(keep.begin(), keep.end());
    unsigned first = STDERR_FILENO + 1;
    for (const int fd : keep) {
        const auto kept = static_cast<unsigned>(fd);
        if (kept > first) close_range(first, kept - 1, 0);
        first = kept + 1;
    }
    close_range(first, ~0U, 0);
}

void forget_inherited_signals() {
    for (int signal = 1; signal < NSIG; ++signal)
        std::signal(signal, SIG_DFL);
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

struct Identity {
    uid_t user;
    gid_t group;
    bool own_user_namespace;
};

Result<void> become_lab_root(const Identity& outside, const std::string& log_path) {
    // First of all, so that a step that is refused is told in the log and nowhere else.
    FLATLAN_TRY_VOID(leave_the_terminal(log_path));
    if (outside.own_user_namespace) FLATLAN_TRY_VOID(map_root_to(outside.user, outside.group));
    FLATLAN_TRY_VOID(make_mounts_private());
    prctl(PR_SET_NAME, "flatlan-lab");
    return success();
}

Error refused(int error) {
    // clone(2): ENOSPC is a limit of namespaces (user.max_*_namespaces) or of their nesting.
    Error failure = Error::from_errno(error, "make the lab's namespaces");
    return error == EPERM || error == ENOSPC || error == EUSERS || error == EINVAL
               ? std::move(failure).as(ErrorCode::forbidden)
               : std::move(failure);
}

}  // namespace

Result<Launched> launch(const std::function<int()>& body, const std::string& log_path,
                        std::vector<int> keep) {
    const Identity outside{geteuid(), getegid(), !has_namespace_rights()};
    int process = -1;
    clone_args request{};
    request.flags = CLONE_PIDFD | kNamespaces | (outside.own_user_namespace ? CLONE_NEWUSER : 0);
    request.pidfd = reinterpret_cast<std::uintptr_t>(&process);
    request.exit_signal = SIGCHLD;
    // The bare call: fork(3) takes no flags. One thread, so nothing is held that the child would
    // miss.
    const long pid = syscall(SYS_clone3, &request, sizeof request);
    if (pid < 0) return refused(errno);
    if (pid > 0) return Launched{static_cast<pid_t>(pid), UniqueFd{process}};

    forget_inherited_signals();
    close_all_but(std::move(keep));
    if (auto root = become_lab_root(outside, log_path); !root) {
        dprintf(STDERR_FILENO, "%s\n", root.error().to_string().c_str());
        _exit(kRefusedByMachine);
    }
    _exit(body());
}

}  // namespace flatlan::lab
