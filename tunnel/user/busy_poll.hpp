#pragma once

#include <cstdint>

#include "overlay/base/time.hpp"

namespace flatlan::tunnel {

/// Whether a queue that finds nothing to do looks once more or goes to sleep.
///
/// Being woken takes longer than all else that happens to a small packet. So a queue looks on for a
/// moment after its last packet, and gives its processor to whoever wants it between two looks
/// (sched_yield). The moment gets longer where the next packet came soon after it, for then more
/// looking would have been worth it, and shorter where it came late.
///
/// Where others compute, a yield costs a time slice: after one such loss the queue goes to sleep at
/// once for a while, which gets longer as long as it loses again.
class BusyPoll {
public:
    /// The bounds of how long after its last packet a queue looks for more.
    static constexpr Duration kWindowMin = std::chrono::microseconds{50};
    static constexpr Duration kWindowMax = std::chrono::microseconds{500};
    /// A processor that only packets are waiting for comes back sooner.
    static constexpr Duration kYieldMax = std::chrono::microseconds{500};
    static constexpr Duration kFirstRest = std::chrono::milliseconds{10};
    static constexpr Duration kLongestRest = std::chrono::seconds{5};
    /// After so many looks in a row without a loss, the next loss counts as the first.
    static constexpr std::uint32_t kLooksUntilTrusted = 1'000;

    /// There was work until `now`.
    void worked(Instant now) { looks_until_ = now + window_; }

    /// Asked when there was nothing to do: whether to yield and look again.
    bool wants_another_look(Instant now) const { return now < looks_until_ && now >= rests_until_; }

    /// The processor was somebody else's from `before` to `now`.
    void yielded(Instant before, Instant now);

    /// It slept from `before` to `now`, when something came.
    void slept(Instant before, Instant now);

private:
    Duration window_ = kWindowMin;
    Instant looks_until_;
    Instant rests_until_;
    Duration rest_ = kFirstRest;
    std::uint32_t looks_since_loss_ = 0;
};

}  // namespace flatlan::tunnel
