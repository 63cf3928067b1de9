#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::pod {

/// The time that machines are handed: CLOCK_MONOTONIC.
Instant monotonic_now();

/// What one thread waits for: descriptors, ended children, and calls from other threads. Its
/// functions are for that thread alone, unless they say otherwise.
class EventLoop {
public:
    /// The statuses of children that nobody has asked for yet; the oldest is forgotten. A child may
    /// have ended before whoever started it learns its process id.
    static constexpr std::size_t kUnclaimedMax = 4096;

    static Result<std::unique_ptr<EventLoop>> create();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Calls `ready` whenever the descriptor can be read, or written, until `forget`.
    Result<void> watch_reading(int fd, std::function<void()> ready);
    Result<void> watch_writing(int fd, std::function<void()> ready);
    void forget(int fd);

    /// A mark before a child is started, by which earlier ends of the same process id are told
    /// apart.
    std::uint64_t child_mark() const { return children_seen_; }
    /// Calls `ended` once with the wait status of this child, at the next `wait` if it has ended.
    void await_child(pid_t child, std::uint64_t mark, std::function<void(int wait_status)> ended);

    /// Its end is no matter any more.
    void forget_child(pid_t child) { awaited_.erase(child); }

    /// A child has been waited for. From any thread.
    void handle_child(pid_t child, int wait_status);
    /// Ends the wait. From any thread.
    void wake();

    /// Waits until something happened or it is `deadline`, at most.
    void wait(Instant now, std::optional<Instant> deadline);
    /// Makes the calls for what happened.
    void dispatch();

private:
    struct Ended {
        pid_t child;
        int wait_status;
        std::uint64_t number;
    };
    struct Awaited {
        std::uint64_t mark;
        std::function<void(int)> ended;
    };

    EventLoop(UniqueFd epoll, UniqueFd waker)
        : epoll_{std::move(epoll)}, waker_{std::move(waker)} {}
    Result<void> watch(int fd, std::uint32_t events, std::function<void()> ready);
    void dispatch_children();

    UniqueFd epoll_;
    UniqueFd waker_;
    std::map<int, std::function<void()>> watched_;
    std::vector<int> ready_;
    std::map<pid_t, Awaited> awaited_;
    std::deque<Ended> unclaimed_;
    std::uint64_t children_seen_ = 0;
    std::mutex arrived_mutex_;
    std::vector<std::pair<pid_t, int>> arrived_;
};

}  // namespace flatlan::pod
