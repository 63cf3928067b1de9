#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "overlay/lab/exec.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/pod/container/pod_launch.hpp"

namespace flatlan::lab {

/// A command's way into a container of a pod whose other namespaces it has joined already.
class ContainerJoin {
public:
    /// Asks the supervisor. Errors: not_found, and unavailable while the container does not run.
    static Result<ContainerJoin> find(const std::string& socket_path, const ExecTarget& target);

    /// Joins its PID and mount namespaces; its own /proc must be the supervisor's. Children are
    /// part of the container from then on.
    Result<void> join();
    Result<void> enter_working_dir() const;
    /// In such a child: takes the container's limits, rights and environment.
    Result<void> become_part() const;

private:
    explicit ContainerJoin(pod::ContainerEntry entry) : entry_{std::move(entry)} {}

    pod::ContainerEntry entry_;
    std::vector<UniqueFd> groups_;    ///< each hierarchy's cgroup.procs
    std::uint64_t capabilities_ = 0;  ///< what the container's processes may have
};

}  // namespace flatlan::lab
