#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

namespace flatlan::pod {

/// How many processes each PID namespace below this one has: the limit of a container without
/// cgroups.
class ProcessCount {
public:
    /// Counts them. `least` or fewer processes in all are not looked at one by one: none of their
    /// namespaces has more.
    static ProcessCount take(std::size_t least);

    /// Of the namespace of that process; 0 when it was not counted.
    std::size_t beside(pid_t process) const;

private:
    std::map<std::uint64_t, std::size_t> by_namespace_;
};

}  // namespace flatlan::pod
