#include "overlay/lab/exec.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "overlay/lab/api_client.hpp"
#include "overlay/lab/api_values.hpp"
#include "overlay/lab/container_join.hpp"
#include "overlay/lab/runtime_directory.hpp"
#include "overlay/linux/single_user.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lab {
namespace {

constexpr int kNotExecutable = 126;  // POSIX, Shell Command Language, 2.8.2
constexpr int kNotFound = 127;
constexpr int kSignalBase = 128;

/// Sent by other processes to make a command do something; what the terminal sends reaches it
/// anyhow.
constexpr std::array kPassedOn{SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};

struct JoinedNamespace {
    UniqueFd fd;
    int type;
};

Result<UniqueFd> open_of(pid_t supervisor, const std::string& file) {
    const std::string path = "/proc/" + std::to_string(supervisor) + "/" + file;
    UniqueFd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) return Error::from_errno(errno, "open the lab's namespace " + path);
    return fd;
}

Result<void> join(const std::vector<JoinedNamespace>& namespaces) {
    for (const JoinedNamespace& each : namespaces)
        if (setns(each.fd.get(), each.type) != 0)
            return Error::from_errno(errno, "join the lab's namespaces");
    return success();
}

/// All descriptors are opened before the first one is joined: afterwards /proc is another one.
Result<void> join_target(pid_t supervisor, const SandboxDescriptors& sandbox) {
    std::vector<JoinedNamespace> joined;
    const auto add = [&](const std::string& file, int type) -> Result<void> {
        FLATLAN_TRY(fd, open_of(supervisor, file));
        joined.push_back({std::move(fd), type});
        return success();
    };
    FLATLAN_TRY_VOID(add("fd/" + std::to_string(sandbox.network), CLONE_NEWNET));
    FLATLAN_TRY_VOID(add("fd/" + std::to_string(sandbox.uts), CLONE_NEWUTS));
    FLATLAN_TRY_VOID(add("fd/" + std::to_string(sandbox.ipc), CLONE_NEWIPC));
    FLATLAN_TRY_VOID(add("ns/pid", CLONE_NEWPID));
    FLATLAN_TRY_VOID(
        add(sandbox.mounts < 0 ? "ns/mnt" : "fd/" + std::to_string(sandbox.mounts), CLONE_NEWNS));
    return join(joined);
}

/// /sys shows the devices of the network namespace in which it was mounted. Where the machine
/// forbids a new one (a container that hides parts of /sys), the old one stays: it is a view,
/// nothing depends on it.
void mount_own_sys() {
    if (unshare(CLONE_NEWNS) != 0) return;
    mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
}

/// An ordinary user's lab has uid 0 alone; a program that gives root up goes on as that.
Result<void> stand_in_for_other_users() {
    FLATLAN_TRY(single, has_single_user());
    return single ? ignore_identity_changes() : success();
}

/// iptables locks a file in /run, which is root's. There is nobody to lock out: what it changes is
/// the lab's alone.
void let_iptables_lock() {
    constexpr int kKeep = 0;
    if (access("/run/xtables.lock", W_OK) != 0 && access("/run", W_OK) != 0)
        setenv("XTABLES_LOCKFILE", "/dev/null", kKeep);
}

[[noreturn]] void become(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const std::string& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    const int error = errno;
    dprintf(STDERR_FILENO, "flatlan: exec %s: %s\n", command[0].c_str(), std::strerror(error));
    _exit(error == ENOENT ? kNotFound : kNotExecutable);
}

sigset_t signals_passed_on() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : kPassedOn)
        sigaddset(&set, signal);
    sigaddset(&set, SIGCHLD);
    return set;
}

int status_of(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : kSignalBase + WTERMSIG(wait_status);
}

/// Waits for the command and passes signals on meanwhile. One that the terminal sent (SI_KERNEL)
/// has gone to the command too, which shares this process's group.
int wait_for(pid_t command, const sigset_t& signals) {
    for (;;) {
        int wait_status = 0;
        if (waitpid(command, &wait_status, WNOHANG) == command) return status_of(wait_status);
        siginfo_t info{};
        if (sigwaitinfo(&signals, &info) > 0 && info.si_signo != SIGCHLD &&
            info.si_code != SI_KERNEL)
            kill(command, info.si_signo);
    }
}

/// The kernel ends this child when `parent` (a pidfd) is killed. Asked for as the last thing, since
/// a change of user takes it back (prctl(2)); a parent that has ended meanwhile is seen.
void end_with(const UniqueFd& parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pollfd ended{parent.get(), POLLIN, 0};
    if (poll(&ended, 1, 0) > 0) _exit(kSignalBase + SIGKILL);
}

}  // namespace

Result<int> exec_in_lab(const LabEntry& lab, const ExecTarget& target,
                        const std::vector<std::string>& command) {
    FLATLAN_TRY(runtime, RuntimeDirectory::open());
    FLATLAN_TRY(answer, ask(runtime.socket_path(lab.name), {"GET", target.path, ""}));
    FLATLAN_TRY(sandbox, sandbox_descriptors_from_json(answer.body));

    std::optional<ContainerJoin> container;
    if (!target.container.empty()) {
        FLATLAN_TRY(found, ContainerJoin::find(runtime.socket_path(lab.name), target));
        container = std::move(found);
    }

    const UniqueFd self{static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0))};
    if (!self) return Error::from_errno(errno, "open this process");

    std::array<char, PATH_MAX> folder{};
    const bool has_folder = getcwd(folder.data(), folder.size()) != nullptr;
    FLATLAN_TRY_VOID(enter_lab(lab));
    FLATLAN_TRY_VOID(join_target(answer.supervisor, sandbox));
    if (container) FLATLAN_TRY_VOID(container->join());
    // The mount namespace is a copy of the one outside: the same path is the same folder there.
    if (container)
        FLATLAN_TRY_VOID(container->enter_working_dir());
    else if (!has_folder || chdir(folder.data()) != 0)
        if (chdir("/") != 0) return Error::from_errno(errno, "change to /");

    const sigset_t signals = signals_passed_on();
    sigset_t before;
    sigprocmask(SIG_BLOCK, &signals, &before);
    const pid_t child = fork();
    if (child < 0) return Error::from_errno(errno, "start the command");
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, nullptr);
        if (!container) mount_own_sys();
        auto ready = container ? container->become_part() : success();
        if (ready) ready = stand_in_for_other_users();
        if (!ready) {
            dprintf(STDERR_FILENO, "flatlan: %s\n", ready.error().to_string().c_str());
            _exit(kNotExecutable);
        }
        end_with(self);
        let_iptables_lock();
        become(command);
    }
    return wait_for(child, signals);
}

}  // namespace flatlan::lab
