// Random operations on the IPAM of many nodes, every answer held against a slow model's.
#include <gtest/gtest.h>

#include <cstdlib>

#include "ipam/store/memory_lease_store.hpp"
#include "ipam/store/sqlite_lease_store.hpp"
#include "tests/property/ipam/random_cluster.hpp"
#include "tests/support/rounds.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::ipam {
namespace {

/// FLATLAN_SEED where it is set, to see a failure again.
std::uint64_t seed() {
    const char* const given = std::getenv("FLATLAN_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::uint64_t{20261124};
}

void run(RandomCluster& cluster, std::uint64_t operations) {
    for (std::uint64_t i = 0; i < operations && !testing::Test::HasFailure(); ++i) {
        SCOPED_TRACE(testing::Message() << "FLATLAN_SEED=" << seed() << ", operation " << i);
        cluster.step();
        if (i % 10'000 == 9'999) cluster.compare_all();
    }
    cluster.compare_all();
}

TEST(RandomOperations, OnNodesInMemoryAnswerAsTheModelDoes) {
    std::cout << "seed " << seed() << std::endl;
    Instant clock = Instant{} + std::chrono::hours{1};
    RandomCluster cluster{
        seed(), clock,
        [&](std::size_t node) -> std::unique_ptr<LeaseStore> {
            return std::make_unique<MemoryLeaseStore>(MemoryLeaseStore::Options{
                [&] { return clock; }, Incarnation{node}, random_cluster_rules()});
        },
        false};
    run(cluster, support::rounds("ipam model in memory: operations", 1'000'000, 60'000));
}

TEST(RandomOperations, OnNodesThatStartAnewFromTheirDisksAnswerAsTheModelDoes) {
    std::cout << "seed " << seed() << std::endl;
    const support::TemporaryFolder folder;
    Instant clock = Instant{} + std::chrono::hours{1};
    RandomCluster cluster{
        seed(), clock,
        [&](std::size_t node) -> std::unique_ptr<LeaseStore> {
            auto store = SqliteLeaseStore::open(
                {.file = folder.path() / ("n" + std::to_string(node) + ".db"),
                 .boot = BootId::from_text("00000000-0000-0000-0000-000000000001").value(),
                 .clock = [&] { return clock; },
                 .rules = random_cluster_rules()});
            EXPECT_TRUE(store) << store.error().to_string();
            return std::move(store).value();
        },
        true};
    run(cluster, support::rounds("ipam model on disk: operations", 100'000, 3'000));
}

}  // namespace
}  // namespace flatlan::ipam
