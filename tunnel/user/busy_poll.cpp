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

}  // namespace flatlan::tunnel
