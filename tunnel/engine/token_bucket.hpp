#pragma once

#include <cstdint>

#include "overlay/base/time.hpp"

namespace flatlan::tunnel {

/// Lets `burst` events pass at once and then one per `interval`. Time comes from outside; it may
/// stand still, and if it went back, nothing is added until it has caught up.
class TokenBucket {
public:
    /// `interval` is positive. Starts full.
    TokenBucket(Instant now, std::uint32_t burst, Duration interval)
        : burst_{burst}, interval_{interval}, tokens_{burst}, counted_to_{now} {}

    /// Takes one token, if there is one.
    bool take(Instant now) {
        refill(now);
        if (tokens_ == 0) return false;
        --tokens_;
        return true;
    }

private:
    void refill(Instant now) {
        if (now < counted_to_ + interval_) return;
        const std::int64_t earned = (now - counted_to_) / interval_;
        if (earned >= burst_ - tokens_) {
            tokens_ = burst_;
            counted_to_ = now;  // what a full bucket would have earned is lost
        } else {
            tokens_ += static_cast<std::uint32_t>(earned);
            counted_to_ = counted_to_ + earned * interval_;
        }
    }

    std::uint32_t burst_;
    Duration interval_;
    std::uint32_t tokens_;
    Instant counted_to_;
};

}  // namespace flatlan::tunnel
