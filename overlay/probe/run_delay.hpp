#pragma once

#include "overlay/base/time.hpp"

namespace flatlan::probe {

/// For how long threads of the tester could have run and had to wait for a processor, of the time
/// that they were under way (of several threads, the sum).
struct RunDelay {
    Duration waited{};
    Duration of{};

    RunDelay& operator+=(const RunDelay& other) {
        waited += other.waited;
        of += other.of;
        return *this;
    }
    /// A tester that waits for so much of its time measures the machine. On one that keeps up it
    /// waits for a few hundredths: its own two threads and the kernel's share the processors.
    bool is_heavy() const {
        constexpr int kHeavyPart = 4;
        return waited * kHeavyPart > of;
    }
};

}  // namespace flatlan::probe
