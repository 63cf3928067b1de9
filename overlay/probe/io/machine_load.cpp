#include "overlay/probe/io/machine_load.hpp"

#include <poll.h>

#include <algorithm>
#include <ctime>
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
    constexpr int kInterrupts = 5;
    constexpr int kSoftInterrupts = 6;
    std::ifstream file{"/proc/stat"};
    std::string word;
    file >> word;  // "cpu"
    ProcessorTime time;
    std::uint64_t ticks = 0;
    for (int kind = 0; kind < kKinds && file >> ticks; ++kind) {
        time.all += ticks;
        if (kind == kIdle || kind == kWaitsForDisk) time.idle += ticks;
        if (kind == kInterrupts || kind == kSoftInterrupts) time.packets += ticks;
    }
    return time;
}

/// What such ticks of so many processors are of each of them.
Duration span_of(std::uint64_t ticks) {
    constexpr Duration kTick = std::chrono::milliseconds{10};  // USER_HZ is 100 for all programs
    return kTick * ticks;
}

/// Of the clock that counts a process's time on processors; none where it has ended.
Duration time_of(clockid_t clock) {
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) return Duration::zero();
    return std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec};
}

}  // namespace

Duration done_by_others(const ProcessorTime& before, const ProcessorTime& after, Duration own) {
    const auto done = [](const ProcessorTime& time) {
        return span_of(time.all) - span_of(time.idle) - span_of(time.packets);
    };
    return std::max(done(after) - done(before) - own, Duration::zero());
}

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

OthersWatch::OthersWatch(std::optional<pid_t> carrier)
    : carrier_{carrier}, began_{monotonic_now()}, before_{processor_time()}, own_before_{own()} {}

void OthersWatch::watch_long_enough() const {
    constexpr Duration kEnough = std::chrono::milliseconds{100};
    const Duration left = kEnough - (monotonic_now() - began_);
    if (left > Duration::zero())
        ::poll(nullptr, 0, static_cast<int>(left / std::chrono::milliseconds{1}) + 1);
}

RunDelay OthersWatch::so_far() const {
    const ProcessorTime now = processor_time();
    return {.others = done_by_others(before_, now, own() - own_before_),
            .processors = span_of(now.all - before_.all)};
}

Duration OthersWatch::own() const {
    clockid_t carriers = 0;
    const bool carried = carrier_ && ::clock_getcpuclockid(*carrier_, &carriers) == 0;
    return time_of(CLOCK_PROCESS_CPUTIME_ID) + (carried ? time_of(carriers) : Duration::zero());
}

IdleWatch::IdleWatch() : before_{processor_time()} {}

bool IdleWatch::is_busy() const {
    constexpr std::uint64_t kSparePart = 10;
    const ProcessorTime now = processor_time();
    return (now.idle - before_.idle) * kSparePart < now.all - before_.all;
}

}  // namespace flatlan::probe
