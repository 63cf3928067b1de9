#include "overlay/lab/container_join.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "overlay/lab/api_client.hpp"
#include "overlay/lab/api_values.hpp"
#include "overlay/pod/container/cgroups.hpp"

namespace flatlan::lab {
namespace {

Result<UniqueFd> open_namespace(const std::string& process, const char* kind) {
    UniqueFd fd{open((process + "/ns/" + kind).c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) return Error::from_errno(errno, "open the container's namespaces");
    return fd;
}

/// The bounding set of a process (proc(5), "CapBnd").
Result<std::uint64_t> capabilities_of(const std::string& process) {
    std::ifstream status{process + "/status"};
    for (std::string word; status >> word;)
        if (word == "CapBnd:" && status >> word) return std::strtoull(word.c_str(), nullptr, 16);
    return Error{ErrorCode::unavailable, "the container has ended"};
}

}  // namespace

Result<ContainerJoin> ContainerJoin::find(const std::string& socket_path,
                                          const ExecTarget& target) {
    FLATLAN_TRY(answer,
                ask(socket_path, {"GET", target.path + "/containers/" + target.container, ""}));
    FLATLAN_TRY(entry, container_entry_from_json(answer.body));
    return ContainerJoin{std::move(entry)};
}

Result<void> ContainerJoin::join() {
    const std::string process = "/proc/" + std::to_string(entry_.pid);
    FLATLAN_TRY(capabilities, capabilities_of(process));
    capabilities_ = capabilities;
    if (!entry_.cgroup.empty())
        for (const std::string& place : pod::cgroup_hierarchies()) {
            const std::string members = place + entry_.cgroup + "/cgroup.procs";
            if (UniqueFd fd{open(members.c_str(), O_WRONLY | O_CLOEXEC)})
                groups_.push_back(std::move(fd));
        }
    FLATLAN_TRY(processes, open_namespace(process, "pid"));
    FLATLAN_TRY(mounts, open_namespace(process, "mnt"));
    if (setns(processes.get(), CLONE_NEWPID) != 0 || setns(mounts.get(), CLONE_NEWNS) != 0)
        return Error::from_errno(errno, "join the container");
    return success();
}

Result<void> ContainerJoin::enter_working_dir() const {
    if (chdir(entry_.working_dir.c_str()) != 0)
        return Error::from_errno(errno, "change to " + entry_.working_dir);
    return success();
}

Result<void> ContainerJoin::become_part() const {
    for (const UniqueFd& group : groups_)
        if (write(group.get(), "0", 1) < 0)  // the process that writes (cgroups(7))
            return Error::from_errno(errno, "join the container's groups");
    // Root gets what is in the bounding set when it executes a program (capabilities(7)).
    for (unsigned long number = 0; prctl(PR_CAPBSET_READ, number) >= 0; ++number)
        if (((capabilities_ >> number) & 1U) == 0 && prctl(PR_CAPBSET_DROP, number) != 0)
            return Error::from_errno(errno, "give up rights that the container has not");
    if ((entry_.gid != 0 && (setgroups(0, nullptr) != 0 || setgid(entry_.gid) != 0)) ||
        (entry_.uid != 0 && setuid(entry_.uid) != 0))
        return Error::from_errno(errno, "become the container's user");
    const char* terminal = std::getenv("TERM");
    const std::string kept = terminal == nullptr ? "" : terminal;
    clearenv();
    if (!kept.empty()) setenv("TERM", kept.c_str(), 1);
    for (const std::string& variable : entry_.environment) {
        const auto equals = variable.find('=');
        setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    }
    return success();
}

}  // namespace flatlan::lab
