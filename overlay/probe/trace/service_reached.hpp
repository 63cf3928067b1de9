#pragma once

#include "overlay/probe/trace/observation.hpp"

namespace flatlan::trace {

/// Whether requests came to a service of UDP at `to`, which owes no answer: one was seen there, out
/// of its tunnel, and no rule is known to have dropped any on the way.
bool has_reached_service(const Observation& seen, PlaceId to);

}  // namespace flatlan::trace
