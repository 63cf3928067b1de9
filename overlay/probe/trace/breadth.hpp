#pragma once

#include "overlay/probe/lane.hpp"
#include "overlay/probe/verdict.hpp"

namespace flatlan::trace {

/// Whether a fault of that kind, which took the packets of one lane, takes those of the other too:
/// what is missing on the underlay takes all, a route those of its family, a rule of a filter
/// perhaps no others.
bool is_taken_too(probe::Verdict verdict, const probe::Lane& traced, const probe::Lane& other);

}  // namespace flatlan::trace
