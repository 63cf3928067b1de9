#pragma once

#include <cstdint>

#include "overlay/probe/run_delay.hpp"

/// Signs that this machine is too busy to measure a network with.
namespace flatlan::probe {

/// How many packets this machine has dropped since it started because a processor's backlog was
/// full (second column of /proc/net/softnet_stat); 0 where that cannot be read.
std::uint64_t backlog_drops();

/// Of all processors together since the machine started, in ticks of the kernel's clock.
struct ProcessorTime {
    std::uint64_t idle = 0;
    std::uint64_t all = 0;
};

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

/// Sees from when it was made whether the machine had processors to spare: on one that has none, a
/// packet may wait for longer than its receiver.
class IdleWatch {
public:
    IdleWatch();
    /// Whether less than a tenth of the processors' time was left over (the fourth and fifth number
    /// of /proc/stat); false where the kernel does not say.
    bool is_busy() const;

private:
    ProcessorTime before_;
};

}  // namespace flatlan::probe
