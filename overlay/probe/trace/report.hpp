#pragma once

#include <vector>

#include "overlay/probe/trace/captured_frame.hpp"
#include "overlay/probe/trace/conclude.hpp"

namespace flatlan::trace {

/// The answer to a trace, as `flatlan trace` prints it.
struct TraceReport {
    struct Station {
        std::string place;
        std::string device;
        Action action;
        bool outer;
        std::string evidence;
        bool captured;
    };

    std::string from;
    std::string to;
    IpFamily family;
    probe::Protocol protocol;
    probe::Verdict verdict = probe::Verdict::delivered;
    std::string hop{};  ///< the place's name; empty when delivered
    std::string reason{};
    std::vector<std::string> evidence{};
    std::string mend{};
    std::vector<Station> forth{};
    std::vector<Station> back{};

    bool delivered() const { return verdict == probe::Verdict::delivered; }
};

/// What a trace found, and what it captured.
struct Traced {
    TraceReport report;
    std::vector<KeptFrame> frames{};  ///< in the order of their times; empty unless asked for
};

/// Joins walks, what was seen, and the fault that explains it.
TraceReport make_report(const Case& asked);

}  // namespace flatlan::trace
