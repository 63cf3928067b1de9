// What every lease store must do.
#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "ipam/store/memory_lease_store.hpp"
#include "ipam/store/sqlite_lease_store.hpp"
#include "tests/conformance/lease_store/lease_store_test.hpp"

namespace flatlan::ipam {
namespace {

using namespace std::chrono_literals;

class LeaseStoreContract : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        if (GetParam() == "memory") {
            store_ = std::make_unique<MemoryLeaseStore>(
                MemoryLeaseStore::Options{clock.reader(), Incarnation{7}, {}});
            return;
        }
        auto opened = SqliteLeaseStore::open({.file = folder_.path() / "leases.db",
                                              .boot = boot(1),
                                              .clock = clock.reader(),
                                              .opens_when_needed = GetParam() == "sqlite_later"});
        ASSERT_TRUE(opened) << opened.error().to_string();
        store_ = std::move(opened).value();
    }

    LeaseStore& store() { return *store_; }
    std::vector<IpPrefix> blocks() {
        std::vector<IpPrefix> blocks;
        const PoolView view = store().view().value();
        for (const HeldBlock& held : view.blocks)
            blocks.push_back(held.block);
        return blocks;
    }
    void serve(std::string_view block) {
        ASSERT_TRUE(store().hold_block(prefix(block)));
        ASSERT_TRUE(store().serve_block(prefix(block)));
    }

    TestClock clock;

private:
    support::TemporaryFolder folder_;
    std::unique_ptr<LeaseStore> store_;
};

TEST_P(LeaseStoreContract, GivesFindsAndReleases) {
    serve("10.244.0.0/30");
    serve("fd00::/126");
    const auto held = store().allocate(pod(1), kBoth).value();
    EXPECT_EQ(held.find(IpFamily::ipv4), address("10.244.0.0"));
    EXPECT_EQ(held.find(IpFamily::ipv6), address("fd00::"));
    EXPECT_EQ(store().find(pod(1)).value()->addresses, held);
    EXPECT_EQ(store().release(pod(1)).value(), held);
    EXPECT_EQ(store().release(pod(1)).value(), std::nullopt) << "releasing twice is no failure";
    EXPECT_EQ(store().find(pod(1)).value(), std::nullopt);
}

TEST_P(LeaseStoreContract, AFailedCallChangesNothing) {
    serve("10.244.0.0/31");
    ASSERT_TRUE(store().allocate(pod(1), kIpv4));
    EXPECT_EQ(store().allocate(pod(2), kBoth).error().code(), ErrorCode::exhausted);
    EXPECT_EQ(store().allocate(pod(1), kIpv4).error().code(), ErrorCode::already_exists);
    EXPECT_EQ(store().remove_block(prefix("10.244.0.0/31")).error().code(), ErrorCode::conflict);
    EXPECT_EQ(store().hold_block(prefix("10.244.0.0/24")).error().code(),
              ErrorCode::already_exists);
    EXPECT_EQ(store().serve_block(prefix("10.9.0.0/24")).error().code(), ErrorCode::not_found);
    EXPECT_EQ(store().view().value().leases.size(), 1U);
    EXPECT_THAT(blocks(), testing::ElementsAre(prefix("10.244.0.0/31")));
    EXPECT_TRUE(store().allocate(pod(2), kIpv4));
}

TEST_P(LeaseStoreContract, KeepsTheOriginOfALease) {
    serve("10.244.0.0/31");
    const LeaseOrigin origin{boot(3), NetnsInode{4'026'531'840}};
    ASSERT_TRUE(store().allocate(pod(1), {.ipv4 = true, .ipv6 = false, .origin = origin}));
    EXPECT_EQ(store().find(pod(1)).value()->origin, origin);
}

TEST_P(LeaseStoreContract, GivesTheLongestRestedAddressFirst) {
    serve("10.244.0.0/30");
    for (std::uint64_t i = 0; i < 4; ++i)
        ASSERT_TRUE(store().allocate(pod(i), kIpv4));
    for (const std::uint64_t i : {2, 0, 3, 1})
        ASSERT_TRUE(store().release(pod(i)));
    for (const std::uint64_t expected : {2, 0, 3, 1})
        EXPECT_EQ(store().allocate(pod(10 + expected), kIpv4).value().find(IpFamily::ipv4),
                  prefix("10.244.0.0/30").at(expected));
}

TEST_P(LeaseStoreContract, WantsABlockWhenFewAddressesAreFree) {
    EXPECT_TRUE(store().wants_block(IpFamily::ipv4).value());
    serve("10.244.0.0/30");
    EXPECT_FALSE(store().wants_block(IpFamily::ipv4).value());
    for (std::uint64_t i = 0; i < 4; ++i)
        ASSERT_TRUE(store().allocate(pod(i), kIpv4));
    ASSERT_TRUE(store().release(pod(0)));
    EXPECT_TRUE(store().wants_block(IpFamily::ipv4).value()) << "a cooling address is not free";
    clock.now = clock.now + PoolRules::kCoolDown;
    EXPECT_FALSE(store().wants_block(IpFamily::ipv4).value());
}

TEST_P(LeaseStoreContract, HoldsABlockBeforeItServes) {
    ASSERT_TRUE(store().hold_block(prefix("10.244.0.0/30")));
    EXPECT_EQ(store().allocate(pod(1), kIpv4).error().code(), ErrorCode::exhausted);
    EXPECT_FALSE(store().view().value().blocks.at(0).serving);
    ASSERT_TRUE(store().serve_block(prefix("10.244.0.0/30")));
    ASSERT_TRUE(store().hold_block(prefix("10.244.0.0/30")));
    EXPECT_TRUE(store().view().value().blocks.at(0).serving) << "it serves already";
    EXPECT_TRUE(store().allocate(pod(1), kIpv4));
}

TEST_P(LeaseStoreContract, ARevokedBlockTakesItsAddressesAlong) {
    serve("10.244.0.0/31");
    serve("fd00::/126");
    ASSERT_TRUE(store().allocate(pod(1), kBoth));
    ASSERT_TRUE(store().allocate(pod(2), kIpv4));
    EXPECT_EQ(store().revoke_block(prefix("10.244.0.0/31")).value().size(), 2U);
    const PoolView view = store().view().value();
    ASSERT_EQ(view.leases.size(), 1U);
    EXPECT_EQ(view.leases[0].key, pod(1));
    EXPECT_EQ(view.leases[0].addresses.ipv4, std::nullopt);
    EXPECT_TRUE(store().release(pod(1)).value());
    ASSERT_TRUE(store().remove_block(prefix("fd00::/126")));
    EXPECT_TRUE(blocks().empty());
    serve("fd00::/126");
    EXPECT_EQ(store().view().value().blocks.at(0).usage, PoolUsage{.free = 4});
}

TEST_P(LeaseStoreContract, ThreadsNeverGetTheSameAddress) {
    constexpr int kThreads = 8;
    constexpr std::uint64_t kEach = 16;
    serve("10.244.0.0/25");
    std::vector<std::thread> threads;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread)
        threads.emplace_back([&, thread] {
            for (std::uint64_t i = 0; i < kEach; ++i)
                EXPECT_TRUE(store().allocate(pod(thread * kEach + i), kIpv4));
        });
    for (std::thread& thread : threads)
        thread.join();
    std::set<IpAddresses> given;
    const PoolView view = store().view().value();
    for (const Lease& lease : view.leases)
        given.insert(lease.addresses);
    EXPECT_EQ(given.size(), kThreads * kEach);
}

INSTANTIATE_TEST_SUITE_P(Stores, LeaseStoreContract,
                         testing::Values("memory", "sqlite", "sqlite_later"),
                         [](const auto& store) { return store.param; });

}  // namespace
}  // namespace flatlan::ipam
