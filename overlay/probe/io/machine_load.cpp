#include "overlay/probe/io/machine_load.hpp"

#include <fstream>
#include <string>

#include "overlay/probe/io/epoll.hpp"

namespace flatlan::probe {
namespace {

/// Of the calling thread since it began.
Duration waited_for_a_processor() {
    std::ifstream file{"/proc/thread-self/schedstat"};  // time run, time waited, both in ns; turns
    std::int64_t run = 0;
    std::int64_t waited = 0;
    if (!(file >> run >> waited)) return Duration::zero();
    return Duration{waited};
}

ProcessorTime processor_time() {
    constexpr int kKinds = 8;  // user, nice, system, idle, iowait, irq, softirq, steal (proc(5))
    constexpr int kIdle = 3;
    constexpr int kWaitsForDisk = 4;
    std::ifstream file{"/proc/stat"};
    std::string word;
    file >> word;  // "cpu"
    ProcessorTime time;
    std::uint64_t ticks = 0;
    for (int kind = 0; kind < kKinds && file >> ticks; ++kind) {
        time.all += ticks;
        if (kind == kIdle || kind == kWaitsForDisk) time.idle += ticks;
    }
    return time;
}

}  // namespace

std::uint64_t backlog_drops() {
    std::ifstream file{"/proc/net/softnet_stat"};
    std::uint64_t drops = 0;
    std::string line;
    while (std::getline(file, line)) {  // one a processor, numbers in hexadecimal
        const std::size_t second = line.find(' ');
        if (second != std::string::npos)
            drops += std::stoull(line.substr(second + 1, 8), nullptr, 16);
    }
    return drops;
}

RunDelayWatch::RunDelayWatch()
    : began_{monotonic_now()}, waited_before_{waited_for_a_processor()} {}

RunDelay RunDelayWatch::so_far() const {
    return {waited_for_a_processor() - waited_before_, monotonic_now() - began_};
}

IdleWatch::IdleWatch() : before_{processor_time()} {}

bool IdleWatch::is_busy() const {
    constexpr std::uint64_t kSparePart = 10;
    const ProcessorTime now = processor_time();
    return (now.idle - before_.idle) * kSparePart < now.all - before_.all;
}

}  // namespace flatlan::probe
