#include "overlay/linux/owner_namespace.hpp"

#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>

namespace flatlan {

Result<void> join_owner(const Namespace& network) {
    const UniqueFd owner{::ioctl(network.fd(), NS_GET_USERNS)};
    if (!owner) return Error::from_errno(errno, "ask who owns a network namespace");
    struct stat theirs {};
    struct stat ours {};
    if (::fstat(owner.get(), &theirs) != 0 || ::stat("/proc/self/ns/user", &ours) != 0)
        return Error::from_errno(errno, "compare user namespaces");
    if (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino) return success();
    if (::setns(owner.get(), CLONE_NEWUSER) != 0)
        return Error::from_errno(errno, "join the user namespace that owns a network namespace");
    if (::setns(network.fd(), CLONE_NEWNET) != 0)
        return Error::from_errno(errno, "join a network namespace");
    return success();
}

}  // namespace flatlan
