#pragma once

#include <cstdint>

namespace flatlan::probe {

/// How many packets this machine has dropped since it started because a processor's backlog was
/// full (second column of /proc/net/softnet_stat); 0 where that cannot be read.
std::uint64_t backlog_drops();

}  // namespace flatlan::probe
