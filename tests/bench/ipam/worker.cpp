// One of the processes that tests/bench/ipam/hammer starts.
//
// usage: bench_ipam_worker sync FILE COUNT          writes and syncs 4 KiB, COUNT times
//        bench_ipam_worker prepare DATABASE         makes a database with one large block
//        bench_ipam_worker allocate DATABASE COUNT PROCESSES
//                                                   PROCESSES processes at once, COUNT each
//
// Prints how many operations a second there were, and for `allocate` the longest wait of all.

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <new>
#include <string_view>

#include "ipam/store/sqlite_lease_store.hpp"

namespace flatlan::ipam {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kProcessesMax = 256;

struct Shared {
    std::atomic<std::size_t> ready = 0;
    std::array<double, kProcessesMax> longest_wait_ms{};
};

int fail(const std::string& text) {
    std::cerr << "bench_ipam_worker: " << text << '\n';
    return 1;
}

SqliteLeaseStore::Options options(const char* file) {
    return {.file = file, .boot = BootId{}, .clock = [] { return Instant{}; }};
}

int sync_pages(const char* file, std::size_t count) {
    const int descriptor = ::open(file, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return fail("cannot open the file");
    const std::array<char, 4096> page{};
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < count; ++i)
        if (::pwrite(descriptor, page.data(), page.size(), static_cast<off_t>(i * page.size())) <
                0 ||
            ::fdatasync(descriptor) != 0)
            return fail("cannot write");
    std::cout << static_cast<double>(count) / Seconds{Clock::now() - begin}.count() << '\n';
    return ::close(descriptor);
}

int prepare(const char* file) {
    auto store = SqliteLeaseStore::open(options(file));
    if (!store) return fail(store.error().to_string());
    const IpPrefix block = IpPrefix::from_text("10.240.0.0/14").value();
    auto done = store.value()->hold_block(block);
    if (done) done = store.value()->serve_block(block);
    return done ? 0 : fail(done.error().to_string());
}

/// One process of many: waits for the others, then allocates.
int allocate(const char* file, std::size_t number, std::size_t count, std::size_t processes,
             Shared& shared) {
    auto store = SqliteLeaseStore::open(options(file));
    if (!store) return fail(store.error().to_string());
    ++shared.ready;
    while (shared.ready < processes)
        ::sched_yield();
    for (std::size_t i = 0; i < count; ++i) {
        const auto key =
            LeaseKey::from("net", "pod" + std::to_string(number) + "." + std::to_string(i), "eth0");
        const auto begin = Clock::now();
        const auto given = store.value()->allocate(key.value(), {.ipv4 = true});
        if (!given) return fail(given.error().to_string());
        shared.longest_wait_ms[number] =
            std::max(shared.longest_wait_ms[number], Seconds{Clock::now() - begin}.count() * 1000);
    }
    return 0;
}

int allocate_at_once(const char* file, std::size_t count, std::size_t processes) {
    if (processes == 0 || processes > kProcessesMax) return fail("1 to 256 processes");
    void* const memory =
        ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return fail("no memory");
    Shared& shared = *new (memory) Shared;
    for (std::size_t i = 0; i < processes; ++i)
        if (::fork() == 0) ::_exit(allocate(file, i, count, processes, shared));
    while (shared.ready < processes)
        ::sched_yield();
    const auto begin = Clock::now();
    int failed = 0;
    for (std::size_t i = 0; i < processes; ++i) {
        int status = 0;
        ::wait(&status);
        failed |= status;
    }
    const double rate =
        static_cast<double>(count * processes) / Seconds{Clock::now() - begin}.count();
    const auto longest =
        *std::max_element(shared.longest_wait_ms.begin(),
                          shared.longest_wait_ms.begin() + static_cast<std::ptrdiff_t>(processes));
    std::cout << rate << ' ' << longest << '\n';
    return failed == 0 ? 0 : 1;
}

int run(int count, char** words) {
    const std::string_view verb = count > 1 ? words[1] : "";
    if (verb == "sync" && count == 4)
        return sync_pages(words[2], std::strtoul(words[3], nullptr, 10));
    if (verb == "prepare" && count == 3) return prepare(words[2]);
    if (verb == "allocate" && count == 5)
        return allocate_at_once(words[2], std::strtoul(words[3], nullptr, 10),
                                std::strtoul(words[4], nullptr, 10));
    std::cerr << "usage: bench_ipam_worker sync|prepare|allocate FILE [COUNT [PROCESSES]]\n";
    return 2;
}

}  // namespace
}  // namespace flatlan::ipam

int main(int count, char** words) { return flatlan::ipam::run(count, words); }
