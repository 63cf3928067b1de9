// How long reach takes over a routed cluster of 10 nodes: by hand, prints medians of 5 runs.
//
//     bench_reach [PODS_PER_NODE] [WORKERS]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "overlay/linux/rlimit.hpp"
#include "tests/netns/overlay/probe/routed_cluster.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::probe {
namespace {

constexpr int kRuns = 5;

double ms(Duration span) { return static_cast<double>(span.count()) / 1e6; }

/// Of all threads of this process, in user and in kernel mode.
Duration cpu_time() {
    timespec spent{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return std::chrono::seconds{spent.tv_sec} + Duration{spent.tv_nsec};
}

void measure(const RoutedCluster& cluster, const char* name, const PlanRequest& request,
             const ProberOptions& options) {
    std::vector<Report> reports;
    const Duration cpu_before = cpu_time();
    for (int run = 0; run < kRuns; ++run)
        reports.push_back(cluster.run(request, options));
    const Duration cpu = (cpu_time() - cpu_before) / kRuns;
    std::ranges::sort(reports, {}, &Report::took);
    const Report& median = reports[kRuns / 2];
    const double p50_us = median.round_trip ? ms(median.round_trip->p50) * 1000 : 0;
    std::printf(
        "%-22s %8llu checks %9.0f ms (%.0f to %.0f) CPU %.0f ms, %5.2f us each, "
        "failed %zu, retried %llu, rtt p50 %.0f us\n",
        name, static_cast<unsigned long long>(median.tally.checks), ms(median.took),
        ms(reports.front().took), ms(reports.back().took), ms(cpu),
        ms(cpu) * 1000 / static_cast<double>(median.tally.checks), median.failures.size(),
        static_cast<unsigned long long>(median.tally.retried), p50_us);
}

void measure_all(unsigned pods_per_node, const ProberOptions& options) {
    support::must(raise_open_files_limit());
    const RoutedCluster cluster{10, pods_per_node};
    measure(cluster, "all lanes", {}, options);
    measure(cluster, "UDP", {.protocols = {Protocol::udp}}, options);
    measure(cluster, "ICMP", {.protocols = {Protocol::icmp}}, options);
    measure(cluster, "TCP", {.protocols = {Protocol::tcp}}, options);
}

}  // namespace
}  // namespace flatlan::probe

int main(int argc, char** argv) {
    const unsigned pods_per_node = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 10;
    flatlan::probe::ProberOptions options;
    if (argc > 2) options.workers = static_cast<unsigned>(std::atoi(argv[2]));
    if (const auto& reason = flatlan::support::enter_own_namespaces(); !reason.empty()) {
        std::fprintf(stderr, "%s\n", reason.c_str());
        return 3;
    }
    flatlan::probe::measure_all(pods_per_node, options);
    return 0;
}
