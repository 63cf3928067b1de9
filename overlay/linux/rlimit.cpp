#include "overlay/linux/rlimit.hpp"

#include <sys/resource.h>

#include <cerrno>

namespace flatlan {

Result<std::uint64_t> raise_open_files_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return Error::from_errno(errno, "read the open files limit");
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return Error::from_errno(errno, "raise the open files limit");
    return limit.rlim_cur;
}

}  // namespace flatlan
