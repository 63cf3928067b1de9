#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "overlay/base/time.hpp"

namespace flatlan::probe {

/// Sees for how long at a time this process could not run though it was due: it was stopped, others
/// had all processors, or the host of a virtual machine had none for it, which the machine's own
/// kernel does not count. A thread that wakes every few milliseconds sees how late it is.
class StallWatch {
public:
    /// Shorter ones are of no account.
    static constexpr Duration kLeast = std::chrono::milliseconds{50};

    StallWatch();
    StallWatch(const StallWatch&) = delete;
    StallWatch& operator=(const StallWatch&) = delete;
    ~StallWatch();

    /// The longest one that had not ended by then (CLOCK_MONOTONIC), one that is under way
    /// included. From any thread.
    Duration longest_since(Instant then) const;

private:
    struct Stall {
        Instant ended;
        Duration lasted;
    };
    void watch();
    Duration lateness(Instant now) const;

    mutable std::mutex mutex_;  ///< of the three below
    std::deque<Stall> stalls_;
    Instant due_;
    bool over_ = false;
    std::condition_variable end_;
    std::jthread thread_;
};

}  // namespace flatlan::probe
