#include "overlay/pod/container/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace flatlan::pod {

Instant monotonic_now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant::from_nanoseconds(time.tv_sec * 1'000'000'000LL + time.tv_nsec);
}

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
    UniqueFd epoll{epoll_create1(EPOLL_CLOEXEC)};
    UniqueFd waker{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!epoll || !waker) return Error::from_errno(errno, "make an event loop");
    epoll_event event{.events = EPOLLIN, .data = {.fd = waker.get()}};
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, waker.get(), &event) != 0)
        return Error::from_errno(errno, "make an event loop");
    return std::unique_ptr<EventLoop>{new EventLoop{std::move(epoll), std::move(waker)}};
}

Result<void> EventLoop::watch(int fd, std::uint32_t events, std::function<void()> ready) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return Error::from_errno(errno, "watch a descriptor");
    watched_[fd] = std::move(ready);
    return success();
}

Result<void> EventLoop::watch_reading(int fd, std::function<void()> ready) {
    return watch(fd, EPOLLIN, std::move(ready));
}

Result<void> EventLoop::watch_writing(int fd, std::function<void()> ready) {
    return watch(fd, EPOLLOUT, std::move(ready));
}

void EventLoop::forget(int fd) {
    if (watched_.erase(fd) > 0) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::await_child(pid_t child, std::uint64_t mark, std::function<void(int)> ended) {
    awaited_[child] = {mark, std::move(ended)};
}

void EventLoop::handle_child(pid_t child, int wait_status) {
    {
        const std::lock_guard adding{arrived_mutex_};
        arrived_.emplace_back(child, wait_status);
    }
    wake();
}

void EventLoop::wake() {
    // Fails only when the counter is full, and then the loop is about to wake anyway.
    [[maybe_unused]] const int ignored = eventfd_write(waker_.get(), 1);
}

void EventLoop::wait(Instant now, std::optional<Instant> deadline) {
    int timeout_ms = -1;
    if (deadline) {
        const auto rest = std::max<std::int64_t>((*deadline - now).count(), 0);
        timeout_ms = static_cast<int>(std::min<std::int64_t>(rest / 1'000'000 + 1, 60'000));
        if (rest == 0) timeout_ms = 0;
    }
    std::array<epoll_event, 64> events{};
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
    ready_.clear();
    for (int i = 0; i < count; ++i)
        ready_.push_back(events[static_cast<std::size_t>(i)].data.fd);
}

void EventLoop::dispatch() {
    for (const int fd : ready_) {
        if (fd == waker_.get()) {
            eventfd_t ignored = 0;
            eventfd_read(fd, &ignored);
            continue;
        }
        const auto at = watched_.find(fd);  // an earlier call may have let it go
        if (at == watched_.end()) continue;
        const auto call = at->second;  // it may forget itself
        call();
    }
    ready_.clear();
    dispatch_children();
}

void EventLoop::dispatch_children() {
    {
        const std::lock_guard taking{arrived_mutex_};
        for (const auto& [child, wait_status] : arrived_)
            unclaimed_.push_back({child, wait_status, ++children_seen_});
        arrived_.clear();
    }
    // A call may await a further child whose end is here already.
    for (std::size_t i = 0; i < unclaimed_.size();) {
        const Ended ended = unclaimed_[i];
        const auto at = awaited_.find(ended.child);
        if (at == awaited_.end() || ended.number <= at->second.mark) {
            ++i;
            continue;
        }
        const auto call = std::move(at->second.ended);
        awaited_.erase(at);
        unclaimed_.erase(unclaimed_.begin() + static_cast<std::ptrdiff_t>(i));
        call(ended.wait_status);
        i = 0;
    }
    while (unclaimed_.size() > kUnclaimedMax)
        unclaimed_.pop_front();
}

}  // namespace flatlan::pod
