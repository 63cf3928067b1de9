#pragma once

#include <algorithm>
#include <chrono>

#include "overlay/base/time.hpp"

namespace flatlan::pod {

/// How long a container that ended waits for its next start: not at all the first time, then 10 s
/// and each time twice as long up to 300 s; one that ran for 600 s begins anew (Kubernetes, "Pod
/// Lifecycle", container restarts).
class RestartBackoff {
public:
    static constexpr Duration kFirst = std::chrono::seconds{10};
    static constexpr Duration kMost = std::chrono::seconds{300};
    static constexpr Duration kForgottenAfter = std::chrono::seconds{600};

    /// The wait after a run of this length.
    Duration next(Duration ran) {
        if (ran >= kForgottenAfter) wait_ = Duration{0};
        const Duration wait = wait_;
        wait_ = wait == Duration{0} ? kFirst : std::min(2 * wait, kMost);
        return wait;
    }

private:
    Duration wait_{0};
};

}  // namespace flatlan::pod
