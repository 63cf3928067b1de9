#include "overlay/linux/wait_set.hpp"

#include <sys/epoll.h>

#include <cerrno>

namespace flatlan {

Result<WaitSet> WaitSet::of(std::span<const int> fds) {
    UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) return Error::from_errno(errno, "make an epoll descriptor");
    for (const int fd : fds) {
        epoll_event event{};
        event.events = EPOLLIN;
        if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
            return Error::from_errno(errno, "watch a descriptor");
    }
    return WaitSet{std::move(epoll)};
}

}  // namespace flatlan
