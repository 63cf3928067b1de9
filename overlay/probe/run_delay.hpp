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
    bool is_late() const { return is_a_quarter(waited, of); }
    /// Whether that was for want of processors that others had: then what is measured is the
    /// machine.
    bool is_heavy() const { return is_late() && is_a_quarter(others, processors); }

private:
    static bool is_a_quarter(Duration part, Duration whole) {
        constexpr int kPart = 4;
        return part * kPart > whole;
    }
};

}  // namespace flatlan::probe
