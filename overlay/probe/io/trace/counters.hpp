#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/probe/trace/observation.hpp"

namespace flatlan::trace {

/// What a place's kernel counts of packets that it dropped: by device, and by protocol
/// (/proc/net/snmp, snmp6 and netstat).
using Counters = std::map<std::string, std::uint64_t>;

/// Error not_found when the namespace is gone.
Result<Counters> read_counters(const Namespace& network);

/// Those that grew.
std::vector<CounterGrowth> growth(PlaceId place, const Counters& before, const Counters& after);

}  // namespace flatlan::trace
