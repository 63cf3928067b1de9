#include "tests/support/network_test.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace flatlan::support {
namespace {

bool write_file(const char* path, const std::string& text) {
    std::ofstream file{path};
    file << text << std::flush;
    return file.good();
}

std::string enter() {
    const auto uid = std::to_string(::geteuid());
    const auto gid = std::to_string(::getegid());
    if (::geteuid() != 0) {
        if (::unshare(CLONE_NEWUSER) != 0)
            return std::string{"no user namespace for an ordinary user: "} + std::strerror(errno);
        if (!write_file("/proc/self/setgroups", "deny") ||
            !write_file("/proc/self/uid_map", "0 " + uid + " 1") ||
            !write_file("/proc/self/gid_map", "0 " + gid + " 1"))
            return "a user namespace, but its ids cannot be mapped";
    }
    if (::unshare(CLONE_NEWNET) != 0)
        return std::string{"no network namespace: "} + std::strerror(errno);
    return {};
}

}  // namespace

const std::string& enter_own_namespaces() {
    static const std::string kReason = enter();
    return kReason;
}

}  // namespace flatlan::support
