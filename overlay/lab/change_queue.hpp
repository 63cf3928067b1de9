#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"

namespace flatlan::lab {

/// Who may change a lab: one request at a time, the others in the order in which they came. A
/// request that only waits for containers steps aside meanwhile. From any thread.
class ChangeQueue {
public:
    /// How long a request stands in line: longer than containers usually take to end.
    static constexpr std::chrono::seconds kPatience{60};
    /// Requests that have a turn, want one or have stepped aside; each holds a thread.
    static constexpr std::size_t kRequestsMax = 12;

    class Turn;

    explicit ChangeQueue(Duration patience = kPatience) : patience_{patience} {}
    ChangeQueue(const ChangeQueue&) = delete;
    ChangeQueue& operator=(const ChangeQueue&) = delete;

    /// Waits for a turn; `what` is how others are told of it: "apply lab.yaml". Errors: unavailable
    /// after `patience`, where too many wait already, or when the lab has ended.
    Result<Turn> take(std::string what);
    /// How many stand in line.
    std::size_t waiting() const;
    /// The lab is over: nobody gets a turn any more.
    void close();

private:
    /// Says whether it came to its turn; null: no limit.
    bool wait_in_line(std::unique_lock<std::mutex>& held, const Duration* longest);
    void give_back();

    const Duration patience_;
    mutable std::mutex mutex_;
    std::condition_variable moved_;
    std::deque<std::uint64_t> line_;  ///< of those that wait, the number of each
    std::uint64_t next_ = 0;
    std::size_t requests_ = 0;
    bool busy_ = false, closed_ = false;
    std::string holder_;  ///< what the one that is busy does, or did last
};

/// The right to change the lab; given up at the end of the scope.
class ChangeQueue::Turn {
public:
    Turn(Turn&& other) noexcept;
    Turn& operator=(Turn&&) = delete;
    ~Turn();

    /// Runs `wait`, and others may change the lab meanwhile: what was known of it may be so no
    /// more. Error unavailable when the lab has ended meanwhile; the turn is lost then.
    Result<void> step_aside(const std::function<void()>& wait);
    /// That it had to wait, how long and for what; empty when it had not.
    const std::string& note() const { return note_; }

private:
    friend class ChangeQueue;
    Turn(ChangeQueue& queue, std::string what, std::string note)
        : queue_{&queue}, what_{std::move(what)}, note_{std::move(note)} {}

    ChangeQueue* queue_;
    std::string what_, note_;
    bool held_ = true;
};

}  // namespace flatlan::lab
