// Many processes on one database at once: nobody gets what another has, and nobody waits for ever.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <set>

#include "tests/property/ipam_store/store_test.hpp"
#include "tests/support/child.hpp"
#include "tests/support/rounds.hpp"

namespace flatlan::ipam {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kProcesses = 64;

/// What the processes tell the test: each writes its own place.
struct Waits {
    std::array<std::int64_t, kProcesses> longest_us{};
    std::atomic<std::size_t> ready = 0;
};

struct HammerTest : StoreTest {};

TEST_F(HammerTest, SixtyFourProcessesAllocateAtOnceAndEachGetsItsOwn) {
    serve("10.240.0.0/17");
    const std::uint64_t each = support::rounds("ipam hammer: pods of each process", 300, 8);
    support::Shared<Waits> shared;
    std::vector<support::Child> children;
    for (std::size_t i = 0; i < kProcesses; ++i)
        children.push_back(support::Child::start([&, i] {
            const auto store = open();
            ++shared->ready;
            while (shared->ready < kProcesses)
                ::sched_yield();
            for (std::uint64_t pod = i * each; pod < (i + 1) * each; ++pod) {
                const auto begin = Clock::now();
                const auto given = store->allocate(key(pod), {.ipv4 = true});
                const auto waited =
                    std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
                ASSERT_TRUE(given) << given.error().to_string();
                auto& longest = shared->longest_us[i];
                longest = std::max<std::int64_t>(longest, waited.count());
                // Each second one is gone again.
                if (pod % 2 == 0) {
                    ASSERT_TRUE(store->release(key(pod)).value());
                }
            }
        }));
    while (shared->ready < kProcesses)
        ::sched_yield();
    const auto begin = Clock::now();
    for (support::Child& child : children)
        EXPECT_EQ(child.wait(), 0);
    const std::chrono::duration<double> took = Clock::now() - begin;

    const PoolView view = open()->view().value();
    std::set<Ipv4Address> given;
    for (const Lease& lease : view.leases)
        EXPECT_TRUE(given.insert(*lease.addresses.ipv4).second) << to_string(lease.key);
    EXPECT_EQ(given.size(), kProcesses * each / 2);
    EXPECT_EQ(view.blocks.at(0).usage.cooling, kProcesses * each / 2);
    EXPECT_TRUE(open()->check());
    const auto longest = *std::max_element(shared->longest_us.begin(), shared->longest_us.end());
    const auto shortest = *std::min_element(shared->longest_us.begin(), shared->longest_us.end());
    std::cout << kProcesses
              << " processes: " << static_cast<double>(kProcesses * each) * 1.5 / took.count()
              << " changes a second; longest wait of one process " << longest / 1000
              << " ms, of the luckiest " << shortest / 1000 << " ms" << std::endl;
}

}  // namespace
}  // namespace flatlan::ipam
