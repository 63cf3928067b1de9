#pragma once

#include "overlay/probe/explanation.hpp"
#include "overlay/probe/trace/report.hpp"

namespace flatlan::trace {

// What was found of one packet, as what is behind failures of a test: its evidence as one clause.

probe::Explanation explanation_of(const TraceReport& report);
probe::Explanation explanation_of(const Fault& fault, const Atlas& atlas);

}  // namespace flatlan::trace
