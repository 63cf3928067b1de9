// What a durable address costs: .build/release/tests/bench/ipam/bench_ipam --benchmark_filter=disk
//
// `disk_*` names what one operation waits for. The disk's own time for 4 KiB written and synced
// stands first: a durable allocation is one commit, and cannot be quicker than one sync. Both give
// their median and p99 in milliseconds. FLATLAN_BENCH_FOLDER chooses the disk (else $TMPDIR).

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "ipam/store/sqlite_lease_store.hpp"

namespace flatlan::ipam {
namespace {

using Clock = std::chrono::steady_clock;

/// A folder of its own on the disk to be measured.
class BenchFolder {
public:
    BenchFolder() {
        const char* const chosen = std::getenv("FLATLAN_BENCH_FOLDER");
        std::string name = ((chosen != nullptr ? std::filesystem::path{chosen}
                                               : std::filesystem::temp_directory_path()) /
                            "flatlan-bench-XXXXXX")
                               .string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    BenchFolder(const BenchFolder&) = delete;
    BenchFolder& operator=(const BenchFolder&) = delete;
    ~BenchFolder() {
        std::error_code ignored;  // what is left lies in a folder for that
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Measures each call of `operation`, and reports the median and the 99th percentile.
template <typename Operation>
void measure(benchmark::State& state, Operation operation) {
    std::vector<double> milliseconds;
    for (auto _ : state) {
        const auto begin = Clock::now();
        operation();
        const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
        milliseconds.push_back(took.count());
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    state.counters["median_ms"] = milliseconds[milliseconds.size() / 2];
    state.counters["p99_ms"] = milliseconds[milliseconds.size() * 99 / 100];
}

void disk_sync(benchmark::State& state) {
    const BenchFolder folder;
    const auto file = folder.path() / "file";
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    const std::array<char, 4096> page{};
    off_t at = 0;
    measure(state, [&] {
        if (::pwrite(descriptor, page.data(), page.size(), at) < 0 || ::fdatasync(descriptor) != 0)
            state.SkipWithError("cannot write");
        at += static_cast<off_t>(page.size());
    });
    ::close(descriptor);
}

SqliteLeaseStore::Options options(const BenchFolder& folder) {
    return {
        .file = folder.path() / "leases.db", .boot = BootId{}, .clock = [] { return Instant{}; }};
}

LeaseKey pod(std::uint64_t number) {
    return LeaseKey::from("net", "pod" + std::to_string(number), "eth0").value();
}

/// As a daemon does it: the database stays open.
void disk_allocate(benchmark::State& state) {
    const BenchFolder folder;
    const auto store = SqliteLeaseStore::open(options(folder)).value();
    const IpPrefix block = IpPrefix::from_text("10.240.0.0/14").value();
    if (!store->hold_block(block) || !store->serve_block(block))
        return state.SkipWithError("no block");
    std::uint64_t number = 0;
    measure(state, [&] {
        if (!store->allocate(pod(number++), {.ipv4 = true})) state.SkipWithError("refused");
    });
}

/// As a CNI plugin does it: a process that opens the database, allocates and ends; `daemon` has it
/// open meanwhile or not. Where nobody has, who opens it reads the whole log anew.
void open_and_allocate(benchmark::State& state, bool daemon) {
    const BenchFolder folder;
    const IpPrefix block = IpPrefix::from_text("10.240.0.0/22").value();
    auto held_open = SqliteLeaseStore::open(options(folder)).value();
    if (!held_open->hold_block(block) || !held_open->serve_block(block))
        return state.SkipWithError("no block");
    if (!daemon) held_open.reset();
    std::uint64_t number = 0;
    measure(state, [&] {
        const auto store = SqliteLeaseStore::open(options(folder)).value();
        // A node has some hundred pods at the most: so the database stays as large as theirs.
        if (number >= 200) static_cast<void>(store->release(pod(number - 200)));
        if (!store->allocate(pod(number++), {.ipv4 = true})) state.SkipWithError("refused");
    });
}

void disk_open_and_allocate(benchmark::State& state) { open_and_allocate(state, false); }
void disk_open_and_allocate_beside_daemon(benchmark::State& state) {
    open_and_allocate(state, true);
}

BENCHMARK(disk_sync)->Iterations(2000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(disk_allocate)->Iterations(2000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(disk_open_and_allocate)->Iterations(500)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(disk_open_and_allocate_beside_daemon)
    ->Iterations(500)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace flatlan::ipam
