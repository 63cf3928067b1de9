#pragma once

#include "overlay/base/time.hpp"

namespace flatlan::probe {

/// For how long threads of the tester could have run and had to wait for a processor, of the time
/// that they were under way (of several threads, the sum); and what others did meanwhile.
struct RunDelay {
    Duration waited{};
    Duration of{};
    /// What processors did for other programs, of what all of them could do meanwhile. The kernel's
    /// handling of packets is nobody's: most of it is the tester's own doing.
    Duration others{};
    Duration processors{};

    RunDelay& operator+=(const RunDelay& more) {
        waited += more.waited;
        of += more.of;
        others += more.others;
        processors += more.processors;
        return *this;
    }
    /// Whether the threads waited for so much of their time that an answer may have come late. They
    /// do so on a machine that has nothing else to do as well: they wait for one another, and for
    /// the kernel to handle what they sent.
    bool is_late() const {
        constexpr int kLatePart = 4;
        return waited * kLatePart > of;
    }
    /// Whether they waited for others for a tenth of their time, taking as much of their waiting
    /// for the others' as those had of the processors: then what is measured is the machine.
    bool is_heavy() const {
        constexpr double kHeavyPart = 0.1;
        if (of <= Duration::zero() || processors <= Duration::zero()) return false;
        const auto share = [](Duration part, Duration whole) {
            return static_cast<double>(part.count()) / static_cast<double>(whole.count());
        };
        return share(waited, of) * share(others, processors) > kHeavyPart;
    }
};

}  // namespace flatlan::probe
