#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "overlay/probe/run_delay.hpp"

/// Signs that this machine is too busy to measure a network with.
namespace flatlan::probe {

/// How many packets this machine has dropped since it started because a processor's backlog was
/// full (second column of /proc/net/softnet_stat); 0 where that cannot be read.
std::uint64_t backlog_drops();

/// Of all processors together since the machine started, as /proc/stat counts: in hundredths of a
/// second, and by what was under way when a tick came.
struct ProcessorTime {
    std::uint64_t idle = 0;
    std::uint64_t packets = 0;  ///< in interrupts, which on a machine with little else are packets'
    std::uint64_t all = 0;
};
/// What was done between the two, but for packets, and for `own`, of which a part may be packets
/// too: what is left, others did.
Duration done_by_others(const ProcessorTime& before, const ProcessorTime& after, Duration own);

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

/// Counts from when it was made what processors did for others than this process, and than
/// `carrier`, a process that carries the network's packets.
class OthersWatch {
public:
    explicit OthersWatch(std::optional<pid_t> carrier = {});
    /// Waits until it has watched for a tenth of a second: the kernel counts in ticks.
    void watch_long_enough() const;
    /// Without how long anybody waited.
    RunDelay so_far() const;

private:
    Duration own() const;

    std::optional<pid_t> carrier_;
    Instant began_;
    ProcessorTime before_;
    Duration own_before_;
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
