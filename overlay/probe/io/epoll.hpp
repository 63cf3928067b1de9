#pragma once

#include <sys/epoll.h>

#include <array>
#include <span>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::probe {

/// CLOCK_MONOTONIC.
Instant monotonic_now();

/// Waits for many descriptors (epoll(7)). A descriptor leaves it by being closed.
class Epoll {
public:
    static constexpr std::size_t kEventsMax = 256;

    static Result<Epoll> open();

    /// `events` as EPOLLIN; `tag` comes back with each event. Errors are always reported.
    Result<void> add(const UniqueFd& fd, std::uint32_t events, std::uint64_t tag);
    /// What is ready, as soon as anything is, or nothing after `timeout`, rounded up to whole
    /// milliseconds. Valid until the next call.
    Result<std::span<const epoll_event>> wait(Duration timeout);

private:
    explicit Epoll(UniqueFd fd) : fd_{std::move(fd)} {}

    UniqueFd fd_;
    std::array<epoll_event, kEventsMax> events_{};
};

}  // namespace flatlan::probe
