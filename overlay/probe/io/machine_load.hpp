#pragma once

#include <cstdint>

#include "overlay/probe/run_delay.hpp"

/// Signs that this machine is too busy to measure a network with.
namespace flatlan::probe {

/// How many packets this machine has dropped since it started because a processor's backlog was
/// full (second column of /proc/net/softnet_stat); 0 where that cannot be read.
std::uint64_t backlog_drops();

/// Counts from when it was made how long the calling thread, the same each time, waited for a
/// processor (the second number of /proc/thread-self/schedstat); nothing where the kernel does not
/// say.
class RunDelayWatch {
public:
    RunDelayWatch();
    RunDelay so_far() const;

private:
    Instant began_;
    Duration waited_before_;
};

}  // namespace flatlan::probe
