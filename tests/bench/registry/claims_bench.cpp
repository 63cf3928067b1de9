// How many pods a second a cluster gives addresses to, and what it asks of its registry for that:
// emulated nodes, a thread each with an etcd client of its own, that join, claim blocks ahead of
// demand and give addresses out of them. The time runs from before the first connection to the
// last address. Leases are kept in memory (what the registry costs) or in a database for each node
// with one sync an address (all of them on this machine's one disk).
//
// usage: bench_claims [RUNS]     medians of so many runs, 5 unless told
#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>

#include "ipam/store/memory_lease_store.hpp"
#include "ipam/store/sqlite_lease_store.hpp"
#include "overlay/node/block_keeper.hpp"
#include "overlay/registry/etcd/etcd_registry.hpp"
#include "tests/support/counting_registry.hpp"
#include "tests/support/etcd_server.hpp"

#include <thread>

namespace flatlan {
namespace {

constexpr std::size_t kNodes = 100;
constexpr unsigned kStepEvery = 8;  // addresses between two looks at the watermark

Instant now() {
    return Instant::from_nanoseconds(std::chrono::steady_clock::now().time_since_epoch().count());
}

struct Trial {
    std::size_t pods_per_node;
    bool durable;
};

struct Outcome {
    double pods_a_second = 0;
    std::uint64_t blocks = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t sessions = 0;
};

std::unique_ptr<ipam::LeaseStore> make_store(const Trial& trial, ipam::Incarnation incarnation,
                                             const std::filesystem::path& file) {
    if (trial.durable)
        return ipam::SqliteLeaseStore::open(
                   {.file = file, .boot = {}, .clock = now, .rules = {}, .live = nullptr})
            .value();
    return std::make_unique<ipam::MemoryLeaseStore>(
        ipam::MemoryLeaseStore::Options{.clock = now, .incarnation = incarnation, .rules = {}});
}

/// One node from its start to its last pod; its number of blocks.
std::size_t run_node(const Trial& trial, std::size_t number, const control::RecordKeys& keys,
                     const std::string& url, const std::filesystem::path& folder,
                     support::CallCount& calls) {
    registry::EtcdConfig config;
    config.call_timeout = std::chrono::seconds{20};  // a hundred clients and etcd share two cores
    config.endpoints.push_back(registry::EtcdEndpoint::from_url(url).value());
    const auto etcd = registry::EtcdRegistry::create(std::move(config)).value();
    support::CountingRegistry counted{*etcd, calls};
    const std::string name = "n" + std::to_string(number);
    const auto leases = make_store(trial, ipam::Incarnation{number + 1}, folder / (name + ".db"));
    const auto pools =
        ipam::ClusterPools::from(
            {ipam::PoolSpec::from(IpPrefix::from_text("10.0.0.0/8").value(), 26).value()})
            .value();
    node::BlockKeeper keeper{
        counted,
        keys,
        pools,
        *leases,
        {},
        {.node = {NodeName::from(name).value(), leases->incarnation().value()}, .boot = {}}};
    for (std::size_t pod = 0; pod < trial.pods_per_node;) {
        if (pod % kStepEvery == 0)
            while (!keeper.step(now()))
                ;
        const auto key = ipam::LeaseKey::from("pods", "c" + std::to_string(pod), "eth0").value();
        if (leases->allocate(key, {.ipv4 = true}))
            ++pod;
        else
            (void)keeper.step(now());  // full: a further block, or the same answer again
    }
    return leases->view().value().blocks.size();
}

Outcome run(const Trial& trial, const support::EtcdServer& etcd, unsigned number) {
    const control::RecordKeys keys{LabName::from("bench-" + std::to_string(number)).value()};
    const support::TemporaryFolder folder;
    support::CallCount calls;
    std::atomic<std::uint64_t> blocks = 0;
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> nodes;
    for (std::size_t node = 0; node < kNodes; ++node)
        nodes.emplace_back(
            [&, node] { blocks += run_node(trial, node, keys, etcd.url(), folder.path(), calls); });
    for (std::thread& node : nodes)
        node.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const auto pods = static_cast<double>(kNodes * trial.pods_per_node);
    return {pods / took.count(), blocks, calls.reads, calls.writes, calls.sessions};
}

void measure(const Trial& trial, const support::EtcdServer& etcd, unsigned runs, unsigned& number) {
    std::vector<Outcome> outcomes;
    for (unsigned i = 0; i < runs; ++i)
        outcomes.push_back(run(trial, etcd, number++));
    std::sort(outcomes.begin(), outcomes.end(),
              [](const Outcome& a, const Outcome& b) { return a.pods_a_second < b.pods_a_second; });
    const Outcome& median = outcomes[outcomes.size() / 2];
    const auto calls = static_cast<double>(median.reads + median.writes + median.sessions);
    std::cout << std::setw(8) << (trial.durable ? "disk" : "memory") << std::setw(10)
              << kNodes * trial.pods_per_node << std::fixed << std::setprecision(0) << std::setw(10)
              << median.pods_a_second << std::setw(10) << outcomes.front().pods_a_second
              << std::setw(10) << outcomes.back().pods_a_second << std::setw(8) << median.blocks
              << std::setw(8) << median.reads << std::setw(8) << median.writes << std::setw(9)
              << median.sessions << std::setprecision(2) << std::setw(9)
              << calls / static_cast<double>(median.blocks) << std::setw(9)
              << calls / static_cast<double>(kNodes * trial.pods_per_node) << std::endl;
}

}  // namespace
}  // namespace flatlan

int main(int argc, char** argv) {
    using flatlan::Trial;
    const unsigned runs = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 5;
    const flatlan::support::EtcdServer etcd;
    std::cout << flatlan::kNodes << " nodes, one etcd; median of " << runs << " runs\n"
              << "  leases      pods    pods/s     least      most  blocks   reads  writes"
                 " sessions  a block    a pod\n";
    unsigned number = 0;
    for (const std::size_t pods : {10U, 40U, 100U, 400U, 1000U})
        flatlan::measure({pods, false}, etcd, runs, number);
    for (const std::size_t pods : {10U, 40U, 100U})
        flatlan::measure({pods, true}, etcd, runs, number);
    return 0;
}
