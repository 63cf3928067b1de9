// How fast octets are summed up: .build/release/tests/bench/wire/bench_wire
//
// `Octets` and `OctetsCopied` are ours; `WordByWord` is RFC 1071's loop and `Copied` a bare memcpy,
// to see what there is to win and what the memory allows. 1400 is a packet, 65000 a batch.

#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "overlay/base/prng.hpp"
#include "tunnel/wire/checksum.hpp"

namespace flatlan::tunnel {
namespace {

std::vector<std::byte> random_octets(std::size_t count) {
    Prng prng{1};
    std::vector<std::byte> octets(count);
    for (std::byte& octet : octets)
        octet = static_cast<std::byte>(prng.next());
    return octets;
}

void count_octets(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

void octets(benchmark::State& state) {
    const auto from = random_octets(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state)
        benchmark::DoNotOptimize(internet_checksum(from));
    count_octets(state);
}

void octets_copied(benchmark::State& state) {
    const auto from = random_octets(static_cast<std::size_t>(state.range(0)));
    std::vector<std::byte> to(from.size());
    for (auto _ : state) {
        InternetChecksum sum;
        sum.add_copied(to, from);
        benchmark::DoNotOptimize(sum.value());
        benchmark::ClobberMemory();
    }
    count_octets(state);
}

void word_by_word(benchmark::State& state) {
    const auto from = random_octets(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        std::uint32_t sum = 0;
        for (std::size_t at = 0; at + 1 < from.size(); at += 2) {
            std::uint16_t word = 0;
            std::memcpy(&word, from.data() + at, sizeof word);
            sum += word;
            benchmark::DoNotOptimize(sum);  // one addition at a time
        }
    }
    count_octets(state);
}

void copied(benchmark::State& state) {
    const auto from = random_octets(static_cast<std::size_t>(state.range(0)));
    std::vector<std::byte> to(from.size());
    for (auto _ : state) {
        std::memcpy(to.data(), from.data(), from.size());
        benchmark::ClobberMemory();
    }
    count_octets(state);
}

BENCHMARK(octets)->Arg(20)->Arg(64)->Arg(1400)->Arg(65000)->Name("Octets");
BENCHMARK(octets_copied)->Arg(64)->Arg(1400)->Arg(65000)->Name("OctetsCopied");
BENCHMARK(word_by_word)->Arg(1400)->Arg(65000)->Name("WordByWord");
BENCHMARK(copied)->Arg(1400)->Arg(65000)->Name("Copied");

}  // namespace
}  // namespace flatlan::tunnel
