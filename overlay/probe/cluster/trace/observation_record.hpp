#pragma once

#include <span>
#include <string>
#include <string_view>

#include "overlay/probe/trace/observation.hpp"
#include "overlay/probe/trace/walk.hpp"

namespace flatlan::trace {

/// What one machine saw of a trace's packets: a record as of facts_record.hpp. Of sightings, rules
/// and counters it has kSeenMax each at most, and says in `captures_lost` how many sightings were
/// left out; a rule's text is cut to kRuleMaxBytes. A rule's mend is read only where it takes that
/// rule away and does nothing else (rule_mend.hpp).
std::string to_record(const Observation& seen, const Atlas& atlas);
Result<Observation> observation_from_record(std::string_view text, const Atlas& atlas);

inline constexpr std::size_t kSeenMax = 2000;
inline constexpr std::size_t kRuleMaxBytes = 400;

/// What the machines of both ends saw, as if one had seen it. Their clocks differ, so what they saw
/// stands in the order of the way: requests at the sender's machine, all at the other one, and what
/// came back.
Observation join_observations(const Observation& near, const Observation& far);

}  // namespace flatlan::trace
