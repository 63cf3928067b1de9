#include "overlay/pod/image/inside_folder.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace flatlan::pod {
namespace {

UniqueFd open_resolved(int folder, const std::string& path, int flags, std::uint64_t resolve) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = resolve;
    return UniqueFd{static_cast<int>(
        syscall(SYS_openat2, folder, path.empty() ? "." : path.c_str(), &how, sizeof how))};
}

}  // namespace

UniqueFd open_inside(int folder, const std::string& path, int flags) {
    return open_resolved(folder, path, flags, RESOLVE_IN_ROOT);
}

UniqueFd open_inside_without_links(int folder, const std::string& path, int flags) {
    return open_resolved(folder, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

}  // namespace flatlan::pod
