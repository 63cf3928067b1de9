// Nodes that claim from a real etcd, all at once, while it is stopped, restarted, compacted and
// restored from a copy. Times are printed, not judged.
#include <gtest/gtest.h>

#include <iostream>

#include "overlay/registry/etcd/etcd_registry.hpp"
#include "tests/support/claiming_cluster.hpp"
#include "tests/support/etcd_server.hpp"
#include "tests/support/rounds.hpp"

namespace flatlan::node {
namespace {

using namespace std::chrono_literals;
using support::ClaimingCluster;
using support::EtcdServer;
using support::Misbehaviour;

constexpr auto kClaimDeadline = 180s;  // a bound for the test; what is promised is 2 s

std::unique_ptr<registry::EtcdRegistry> connect_to(
    const EtcdServer& etcd, Duration timeout = registry::EtcdConfig{}.call_timeout) {
    registry::EtcdConfig config;
    config.call_timeout = timeout;
    config.endpoints.push_back(registry::EtcdEndpoint::from_url(etcd.url()).value());
    return registry::EtcdRegistry::create(std::move(config)).value();
}

struct EtcdClaims : testing::Test {
    ClaimingCluster::Options options(std::size_t nodes) {
        return {.nodes = nodes, .seed = 1, .connect = [this] { return connect_to(etcd); }};
    }
    /// Waits until each node has what it was asked for, and prints how long it took.
    void expect_claims(const ClaimingCluster& cluster, std::string_view after) {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_TRUE(cluster.all_have_claimed(kClaimDeadline)) << after;
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - begin);
        std::cout << "[ MEASURED ] all " << cluster.nodes().size() << " nodes have claimed "
                  << took.count() << " ms after " << after << std::endl;
    }
    void expect_one_owner_each(ClaimingCluster& cluster) {
        cluster.stop();
        EXPECT_EQ(support::find_double_owner(cluster.nodes(), *connect_to(etcd)), "");
        for (const auto& node : cluster.nodes())
            EXPECT_TRUE(node->lost().empty()) << node->name().text() << " lost an address";
    }

    EtcdServer etcd;
};

TEST_F(EtcdClaims, AHundredNodesClaimAtOnce) {
    auto wanted = options(100);
    // They and etcd share the test machine's processors: what is slow here is not etcd.
    wanted.connect = [this] { return connect_to(etcd, 30s); };
    wanted.blocks_max = 4;
    ClaimingCluster cluster{wanted};
    expect_claims(cluster, "the start, four blocks each");
    expect_one_owner_each(cluster);
}

TEST_F(EtcdClaims, GoOnAfterEtcdHung) {
    const auto rounds = support::rounds("etcd stopped in the middle of claims: times", 20, 2);
    ClaimingCluster cluster{options(10)};
    expect_claims(cluster, "the start");
    std::uint64_t met = 0;  // rounds in which the claims were not quicker than the stop
    for (std::uint64_t round = 0; round < rounds; ++round) {
        cluster.ask_for(4);
        etcd.pause();
        if (!cluster.all_have_claimed(4s)) ++met;
        etcd.resume();
        expect_claims(cluster, "etcd was stopped for 4 s and went on");
    }
    EXPECT_GT(met, 0U);
    EXPECT_GT(cluster.failed_steps(), 0U);
    expect_one_owner_each(cluster);
}

TEST_F(EtcdClaims, GoOnAfterEtcdWasKilledAndRestarted) {
    const auto rounds = support::rounds("etcd killed in the middle of claims: times", 20, 2);
    ClaimingCluster cluster{options(10)};
    expect_claims(cluster, "the start");
    std::uint64_t met = 0;  // rounds in which the claims were not quicker than the kill
    for (std::uint64_t round = 0; round < rounds; ++round) {
        cluster.ask_for(4);
        etcd.kill();
        if (!cluster.all_have_claimed(1s)) ++met;
        etcd.start();
        expect_claims(cluster, "etcd was killed and listens again");
    }
    EXPECT_GT(met, 0U);
    expect_one_owner_each(cluster);
}

TEST_F(EtcdClaims, GoOnWhileEtcdIsCompacted) {
    ClaimingCluster cluster{options(10)};
    expect_claims(cluster, "the start");
    const auto administrator = connect_to(etcd);
    for (int round = 0; round < 5; ++round) {
        cluster.ask_for(2);
        etcd.pause();
        etcd.resume();
        EXPECT_TRUE(support::eventually([&] { return administrator->compact().has_value(); }));
    }
    expect_claims(cluster, "five compactions");
    expect_one_owner_each(cluster);
}

TEST_F(EtcdClaims, AnEtcdThatLostEverythingIsFilledAgainFirst) {
    ClaimingCluster cluster{options(10)};
    expect_claims(cluster, "the start");
    cluster.ask_for(2);
    expect_claims(cluster, "being asked for two more");
    etcd.kill();
    etcd.lose_data();
    cluster.ask_for(2);
    etcd.start();
    expect_claims(cluster, "etcd came back without its data");
    expect_one_owner_each(cluster);
}

TEST_F(EtcdClaims, AnEtcdThatWasRestoredFromACopyIsFilledAgainFirst) {
    ClaimingCluster cluster{options(10)};
    expect_claims(cluster, "the start");
    etcd.kill();
    etcd.save_data();
    etcd.start();
    cluster.ask_for(3);
    expect_claims(cluster, "being asked for three more");
    etcd.kill();
    etcd.restore_data();
    cluster.ask_for(2);
    etcd.start();
    expect_claims(cluster, "etcd came back as it was before the last three");
    expect_one_owner_each(cluster);
}

TEST_F(EtcdClaims, NodesWithBadConnectionsNeverShareABlock) {
    const auto seeds = support::rounds("bad connections to etcd: seeds", 20, 2);
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        auto wanted = options(10);
        wanted.seed = 1'000 * seed;
        wanted.odds = Misbehaviour::all(30);
        wanted.prefix = "10." + std::to_string(128 + seed) + ".0.0/16";
        // Not the names of the last seed's nodes, which count as alive until their sessions end.
        wanted.names = "seed-" + std::to_string(seed) + "-n";
        ClaimingCluster cluster{wanted};
        cluster.nodes()[0]->connection().cut(support::Cut::answers);
        cluster.nodes()[1]->connection().cut(support::Cut::requests);
        EXPECT_FALSE(cluster.all_have_claimed(1s));
        for (const auto& node : cluster.nodes()) {
            node->connection().cut(support::Cut::none);
            node->connection().behave();
        }
        cluster.ask_for(3);
        expect_claims(cluster, "all connections were healed");
        expect_one_owner_each(cluster);
    }
}

TEST(EtcdWithoutSpace, IsNotTakenForAClusterWithoutBlocks) {
    const EtcdServer etcd{std::vector<std::string>{"--quota-backend-bytes", "1000000"}};
    const auto registry = connect_to(etcd);
    support::EmulatedNode node{"n1", *registry, support::pools_of("10.244.0.0/20")};
    ASSERT_TRUE(support::eventually([&] { return node.step(Instant{}).has_value(); }));
    ASSERT_EQ(node.serving().size(), 1U);
    const std::string large(registry::Registry::kValueSizeMax, 'x');
    for (int i = 0; registry->put("fill/" + std::to_string(i), large, registry::Revision{}, {});
         ++i)
        ASSERT_LT(i, 1000);
    for (int pod = 0; pod < 60; ++pod)
        ASSERT_TRUE(node.add_pod());
    const auto refused = node.step(Instant{});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().to_string().find("space exceeded"), std::string::npos)
        << refused.error().to_string();
}

}  // namespace
}  // namespace flatlan::node
