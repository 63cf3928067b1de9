#include <gmock/gmock.h>

#include "tests/netns/tunnel/kernel/tunnel_world.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::ip;
using support::must;
using support::UdpSocket;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kEndpoints = "nft list set inet flatlan_tunnel endpoints";

/// What happens to the packet filter of a tunnel when another process takes the tunnel over.
class FilterOfASuccessor : public support::NetworkTest {
protected:
    static TunnelWorld checking_world() {
        TunnelWorld world{{.nodes = 3}};
        world.cluster.settings.sender_check = SenderCheck::on;
        return world;
    }

    /// The cluster of `world` without its last node.
    static SampleCluster without_last(const TunnelWorld& world) {
        SampleCluster fewer = world.cluster;
        fewer.nodes.pop_back();
        return fewer;
    }

    /// Node 0 makes its tunnel for the first of the clusters and changes it into the second; then a
    /// process that knows nothing of that is to make it as the third wants it.
    static TunnelChange take_over(TunnelWorld& world, const SampleCluster& first,
                                  const SampleCluster& second, const SampleCluster& third) {
        must(world.backend(0).apply(first.wanted_for(0)));
        must(world.backend(0).apply(second.wanted_for(0)));
        auto successor = must(KernelBackend::open(world.network(0)));
        return must(successor.apply(third.wanted_for(0)));
    }
};

TEST_F(FilterOfASuccessor, LetsNobodyInWhoLeftMeanwhile) {
    TunnelWorld world = checking_world();
    const SampleCluster fewer = without_last(world);
    take_over(world, fewer, world.cluster, fewer);
    EXPECT_THAT(world.run(0, kEndpoints), AllOf(HasSubstr("172.16.0.2"), Not(HasSubstr("0.3"))));
}

TEST_F(FilterOfASuccessor, LetsEverybodyInWhoCameMeanwhile) {
    TunnelWorld world = checking_world();
    take_over(world, world.cluster, without_last(world), world.cluster);
    EXPECT_THAT(world.run(0, kEndpoints), AllOf(HasSubstr("172.16.0.2"), HasSubstr("172.16.0.3")));
}

TEST_F(FilterOfASuccessor, KeepsItsCountsWhereNothingIsDifferent) {
    TunnelWorld world = checking_world();
    must(world.backend(0).apply(without_last(world).wanted_for(0)));
    world.apply_all();
    UdpSocket one{world.network(0), world.overlay(0, IpFamily::ipv4)};
    UdpSocket other{world.network(1), world.overlay(1, IpFamily::ipv4)};
    EXPECT_EQ(exchange(one, other), "");
    EXPECT_TRUE(take_over(world, world.cluster, world.cluster, world.cluster).empty());
    const auto figures = must(world.backend(0).figures(world.cluster.wanted_for(0)));
    EXPECT_GT(figures.peers.at(0).received->packets, 0U);
}

// The tunnel that is there works on, so senders have to be checked on as before.
TEST_F(FilterOfASuccessor, StaysAsItIsWhereTheTunnelCannotBeChanged) {
    constexpr Port kTaken{7777};
    TunnelWorld world = checking_world();
    world.apply_all();
    const std::string before = world.run(0, "nft list table inet flatlan_tunnel");
    const UdpSocket occupant{world.network(0), ip("0.0.0.0"), kTaken};
    SampleCluster moved = world.cluster;
    moved.settings.port = kTaken;
    auto successor = must(KernelBackend::open(world.network(0)));
    EXPECT_FALSE(successor.apply(moved.wanted_for(0)));
    EXPECT_EQ(world.run(0, "nft list table inet flatlan_tunnel"), before);
    EXPECT_TRUE(must(successor.apply(world.cluster.wanted_for(0))).empty());
}

}  // namespace
}  // namespace flatlan::tunnel
