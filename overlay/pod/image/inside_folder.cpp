#include "overlay/pod/image/inside_folder.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace flatlan::pod {

UniqueFd open_inside(int folder, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_IN_ROOT;
    return UniqueFd{static_cast<int>(
        syscall(SYS_openat2, folder, path.empty() ? "." : path.c_str(), &how, sizeof how))};
}

}  // namespace flatlan::pod
