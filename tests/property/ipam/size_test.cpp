// The sizes that flatlan promises, made in full.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "ipam/block_ledger.hpp"
#include "ipam/node_pool.hpp"

namespace flatlan::ipam {
namespace {

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
NodeName node_name(std::size_t number) {
    return NodeName::from("n" + std::to_string(number)).value();
}

/// A cluster whose nodes claim one after the other and keep nothing.
struct Cluster {
    explicit Cluster(std::vector<PoolSpec> pools)
        : ledger{ClusterPools::from(std::move(pools)).value()} {}

    void claim(NodePool& pool, const NodeName& node, IpFamily family) {
        const auto block = ledger.choose(family, ClaimOrder::spread, node);
        ASSERT_TRUE(block);
        ledger.put({*block, {node, Incarnation{1}}, ClaimState::confirmed});
        ASSERT_TRUE(pool.add_block(*block));
    }

    /// One address of each family, and a further block where there is none left.
    void allocate(NodePool& pool, const NodeName& node, const LeaseKey& key) {
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            if (ledger.pools().has(family) && !std::as_const(pool).pool(family).next())
                claim(pool, node, family);
        const auto addresses = pool.allocate(key, {.ipv4 = ledger.pools().has(IpFamily::ipv4),
                                                   .ipv6 = ledger.pools().has(IpFamily::ipv6)});
        ASSERT_TRUE(addresses) << addresses.error().to_string();
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            if (const auto address = addresses.value().find(family)) given.push_back(*address);
    }

    bool all_differ() {
        std::sort(given.begin(), given.end());
        return std::adjacent_find(given.begin(), given.end()) == given.end();
    }

    BlockLedger ledger;
    std::vector<IpAddress> given;
};

TEST(Size, FiveThousandNodesAndAHundredAndFiftyThousandPodsFit) {
    constexpr std::size_t kNodes = 5'000;
    constexpr std::size_t kPodsEach = 30;
    Cluster cluster{{PoolSpec::from(prefix("10.240.0.0/12"), 26).value(),
                     PoolSpec::from(prefix("fd00:10::/48"), 122).value()}};
    std::vector<NodePool> pools(kNodes);
    for (std::size_t i = 0; i < kNodes; ++i) {
        const NodeName node = node_name(i);
        cluster.allocate(pools[i], node, LeaseKey::of_node(node));
        for (std::size_t pod = 0; pod < kPodsEach; ++pod)
            cluster.allocate(pools[i], node,
                             LeaseKey::from("net", "p" + std::to_string(pod), "eth0").value());
        ASSERT_FALSE(HasFatalFailure());
    }
    EXPECT_EQ(cluster.given.size(), 2 * kNodes * (kPodsEach + 1));
    EXPECT_EQ(cluster.ledger.size(), 2 * kNodes) << "a block of each family for each node";
    EXPECT_TRUE(cluster.all_differ());
}

TEST(Size, OneSlashEightHoldsAMillionPods) {
    constexpr std::size_t kNodes = 1'000;
    constexpr std::size_t kPodsEach = 1'000;
    Cluster cluster{{PoolSpec::from(prefix("10.0.0.0/8"), 26).value()}};
    std::vector<NodePool> pools(kNodes);
    for (std::size_t i = 0; i < kNodes; ++i) {
        const NodeName node = node_name(i);
        for (std::size_t pod = 0; pod < kPodsEach; ++pod)
            cluster.allocate(pools[i], node,
                             LeaseKey::from("net", "p" + std::to_string(pod), "eth0").value());
        ASSERT_FALSE(HasFatalFailure());
    }
    EXPECT_EQ(cluster.given.size(), kNodes * kPodsEach);
    EXPECT_TRUE(cluster.all_differ());
}

TEST(Size, OneBlockOfASlashEightHoldsAMillionPodsOnOneNode) {
    constexpr std::size_t kPods = 1'000'000;
    NodePool pool;
    ASSERT_TRUE(pool.add_block(prefix("10.0.0.0/8")));
    for (std::size_t pod = 0; pod < kPods; ++pod)
        ASSERT_TRUE(pool.allocate(LeaseKey::from("net", "p" + std::to_string(pod), "eth0").value(),
                                  {.ipv4 = true}));
    EXPECT_EQ(std::as_const(pool).pool(IpFamily::ipv4).next(), prefix("10.0.0.0/8").at(kPods))
        << "so each was given once, in order";
    EXPECT_EQ(pool.usage(Instant{}, IpFamily::ipv4).leased, kPods);
}

}  // namespace
}  // namespace flatlan::ipam
