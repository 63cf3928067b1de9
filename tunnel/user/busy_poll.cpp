#include "tunnel/user/busy_poll.hpp"

#include <algorithm>

namespace flatlan::tunnel {

void BusyPoll::yielded(Instant before, Instant now) {
    if (now - before <= kYieldMax) {
        if (++looks_since_loss_ == kLooksUntilTrusted) rest_ = kFirstRest;
        return;
    }
    looks_since_loss_ = 0;
    rests_until_ = now + rest_;
    rest_ = std::min(2 * rest_, Duration{kLongestRest});
}

void BusyPoll::slept(Instant before, Instant now) {
    window_ = now - before < kWindowMax ? std::min(2 * window_, Duration{kWindowMax})
                                        : std::max(window_ / 2, Duration{kWindowMin});
}

}  // namespace flatlan::tunnel
