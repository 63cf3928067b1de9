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

}  // namespace flatlan::probe
