#include "overlay/probe/io/epoll.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "overlay/base/check.hpp"

namespace flatlan::probe {

Instant monotonic_now() {
    timespec now{};
    FLATLAN_CHECK(::clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return Instant::from_nanoseconds(now.tv_sec * 1'000'000'000 + now.tv_nsec);
}

Result<Epoll> Epoll::open() {
    UniqueFd fd{::epoll_create1(EPOLL_CLOEXEC)};
    if (!fd) return Error::from_errno(errno, "open an epoll descriptor");
    return Epoll{std::move(fd)};
}

Result<void> Epoll::add(const UniqueFd& fd, std::uint32_t events, std::uint64_t tag) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0)
        return Error::from_errno(errno, "add a descriptor to epoll");
    return success();
}

Result<std::span<const epoll_event>> Epoll::wait(Duration timeout) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(timeout, Duration{0}));
    const int ready = ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()),
                                   static_cast<int>(ms.count()));
    if (ready < 0 && errno != EINTR) return Error::from_errno(errno, "wait for sockets");
    return std::span<const epoll_event>{events_}.first(
        static_cast<std::size_t>(std::max(ready, 0)));
}

}  // namespace flatlan::probe
