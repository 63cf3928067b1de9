#include "overlay/probe/trace/overload.hpp"

#include <algorithm>

namespace flatlan::trace {

Fault unless_overloaded(const Case& asked, Fault fault) {
    using std::chrono_literals::operator""ms;
    const Observation& seen = asked.seen;
    if (!seen.is_incomplete()) return fault;
    fault.verdict = probe::Verdict::tester_overloaded;
    fault.mend = std::string{mend_for(fault.verdict)};
    if (seen.captures_lost > 0)
        fault.evidence.push_back("the tester's captures and sockets had no room for " +
                                 std::to_string(seen.captures_lost) + " packets");
    for (const Stall& stall : seen.stalls)
        fault.evidence.push_back("the tester at " + asked.atlas.at(stall.place).name +
                                 " did not look after its packets for " +
                                 std::to_string(stall.longest / 1ms) + " ms");
    if (seen.stalls.empty()) return fault;
    fault.place = std::ranges::max_element(seen.stalls, {}, &Stall::longest)->place;
    fault.reason = "the tester at " + asked.atlas.at(fault.place).name +
                   " was held up, and packets that it should have answered in time say nothing of "
                   "the network";
    return fault;
}

}  // namespace flatlan::trace
