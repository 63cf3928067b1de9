#include "overlay/lab/machine/trial.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lab {
namespace {

std::string read_to_end(int fd) {
    std::string text;
    std::array<char, 4096> chunk;
    for (;;) {
        const ssize_t count = read(fd, chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace

Result<std::string> text_of_child(const std::function<void(int out_fd)>& body,
                                  std::chrono::seconds limit) {
    std::array<int, 2> ends;
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
    UniqueFd from_child{ends[0]};
    UniqueFd to_parent{ends[1]};
    const pid_t child = fork();
    if (child < 0) return Error::from_errno(errno, "make a process");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(static_cast<unsigned>(limit.count()));  // its default action ends the process
        body(to_parent.get());
        _exit(0);
    }
    to_parent.reset();
    std::string text = read_to_end(from_child.get());
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    return text;
}

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

Result<void> become_root_of_own_namespace() {
    const std::string user = std::to_string(geteuid());
    const std::string group = std::to_string(getegid());
    if (unshare(CLONE_NEWUSER) != 0) return Error::from_errno(errno, "make a user namespace");
    FLATLAN_TRY_VOID(write_file("/proc/self/setgroups", "deny"));
    FLATLAN_TRY_VOID(write_file("/proc/self/uid_map", "0 " + user + " 1"));
    return write_file("/proc/self/gid_map", "0 " + group + " 1");
}

}  // namespace flatlan::lab
