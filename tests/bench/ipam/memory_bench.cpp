// What an address costs in memory: .build/release/tests/bench/ipam/bench_ipam
//
// One allocation and one release, in a block that stays as full as the argument says (percent). It
// should take 1 microsecond at the most, however full and however large the block is.

#include <benchmark/benchmark.h>

#include <vector>

#include "ipam/node_pool.hpp"

namespace flatlan::ipam {
namespace {

LeaseKey pod(std::uint64_t number) {
    return LeaseKey::from("net", "pod" + std::to_string(number), "eth0").value();
}

/// `bits` host bits of one block; `percent` of its addresses are leased.
void allocate_and_release(benchmark::State& state, IpPrefix block, bool rested) {
    const std::uint64_t size = std::uint64_t{1} << block.host_bits();
    const std::uint64_t held =
        std::min(size - 1, size * static_cast<std::uint64_t>(state.range(0)) / 100);
    NodePool pool;
    if (!pool.add_block(block)) return state.SkipWithError("no block");
    const AddressRequest request{.ipv4 = true};
    Instant now;
    if (rested) {  // every address was used before: so each comes out of the queue
        for (std::uint64_t i = 0; i < size; ++i)
            static_cast<void>(pool.allocate(pod(i), request));
        for (std::uint64_t i = held; i < size; ++i)
            pool.release(now, pod(i));
    } else {
        for (std::uint64_t i = 0; i < held; ++i)
            static_cast<void>(pool.allocate(pod(i), request));
    }
    const LeaseKey key = pod(size);
    for (auto _ : state) {
        now = now + std::chrono::seconds{1};
        benchmark::DoNotOptimize(pool.allocate(key, request));
        benchmark::DoNotOptimize(pool.release(now, key));
    }
}

const IpPrefix kSmall = IpPrefix::from_text("10.244.0.0/26").value();
const IpPrefix kLarge = IpPrefix::from_text("10.0.0.0/12").value();

void fullness(benchmark::internal::Benchmark* bench) {
    for (const int percent : {1, 25, 50, 75, 90, 99, 100})
        bench->Arg(percent);
}

BENCHMARK_CAPTURE(allocate_and_release, block_26_fresh, kSmall, false)->Apply(fullness);
BENCHMARK_CAPTURE(allocate_and_release, block_26_rested, kSmall, true)->Apply(fullness);
// A fixed number: for each guess of a better one a million leases would be made anew.
constexpr benchmark::IterationCount kLargeIterations = 500'000;
BENCHMARK_CAPTURE(allocate_and_release, block_12_fresh, kLarge, false)
    ->Apply(fullness)
    ->Iterations(kLargeIterations);
BENCHMARK_CAPTURE(allocate_and_release, block_12_rested, kLarge, true)
    ->Apply(fullness)
    ->Iterations(kLargeIterations);

}  // namespace
}  // namespace flatlan::ipam
