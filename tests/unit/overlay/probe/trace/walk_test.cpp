#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/overlay/probe/trace/walk_fixture.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;
using testing::HasSubstr;
using Network = FakeNetwork;

class WalkTest : public WalkFixture {
protected:
    /// Takes out what fits, of which there must be some.
    template <typename Table, typename Fits>
    void take(Table& table, Fits fits) {
        EXPECT_GT(std::erase_if(table, fits), 0U);
    }
};

TEST_F(WalkTest, GoesThroughBothNodesAndTheUnderlayInAHealthyNetwork) {
    const Walk walked = way();
    ASSERT_FALSE(walked.fault.has_value()) << walked.fault->reason;
    std::vector<std::string> stations;
    for (const Hop& hop : walked.hops)
        stations.push_back(network.atlas.at(hop.place).name + " " + hop.device + " " +
                           std::string{to_string(hop.action)} + (hop.outer ? " outer" : ""));
    EXPECT_THAT(stations,
                testing::ElementsAre("default/pod-1 eth0 send", "node/n1 flat0 encapsulate",
                                     "node/n1 eth0 send outer", "underlay u2 forward outer",
                                     "node/n2 eth0 receive outer", "node/n2 flat0 decapsulate",
                                     "node/n2 p2 forward", "default/pod-4 eth0 receive"));
}

TEST_F(WalkTest, NamesARouteThatIsMissing) {
    take(network.at(Network::kNode1).routes,
         [](const RouteFacts& route) { return route.via && route.via->is_ipv6(); });
    EXPECT_THAT(expect_fault(Verdict::no_route, Network::kNode1),
                HasSubstr("at node/n1: ip route replace 10.244.0.64/26 via inet6 fe80::"));
}

TEST_F(WalkTest, NamesAPodWithoutARoute) {
    take(network.at(Network::kPod1).routes, [](const RouteFacts& route) { return !route.refuses; });
    EXPECT_EQ(expect_fault(Verdict::no_route, Network::kPod1),
              "at default/pod-1: ip route replace 10.244.0.0/16 via 169.254.1.1 dev eth0 onlink");
}

TEST_F(WalkTest, TakesARefusalOfTheLastResortForARouteThatIsMissing) {
    auto& routes = network.at(Network::kPod1).routes;
    take(routes, [](const RouteFacts& route) { return !route.refuses; });
    for (RouteFacts& route : routes)
        route.last_resort = route.refuses;
    const LinkFacts* const link = network.at(Network::kPod1).link("eth0");
    ASSERT_NE(link, nullptr);
    routes.push_back({.destination = IpPrefix::containing(Ipv4Address{}, 0),
                      .device = link->index,
                      .via = network.atlas.at(Network::kPod1).gateways.ipv4});
    EXPECT_EQ(expect_fault(Verdict::no_route, Network::kPod1),
              "at default/pod-1: ip route replace 10.244.0.0/16 via 169.254.1.1 dev eth0 onlink");
}

TEST_F(WalkTest, NamesARouteOfThePodsOwnNodeThatIsMissing) {
    take(network.at(Network::kNode2).routes, [&](const RouteFacts& route) {
        return route.destination == IpPrefix::host(network.pod_address(Network::kPod4));
    });
    EXPECT_EQ(expect_fault(Verdict::no_route, Network::kNode2),
              "at node/n2: ip route replace 10.244.0.66/32 dev p2 src 10.244.0.64");
}

TEST_F(WalkTest, NamesARouteThatLeadsElsewhere) {
    network.at(Network::kNode1)
        .routes.push_back({.destination = IpPrefix::host(network.pod_address(Network::kPod4)),
                           .device = network.link(Network::kNode1, "p1").index});
    EXPECT_EQ(expect_fault(Verdict::wrong_route, Network::kNode1),
              "at node/n1: ip route del 10.244.0.66/32 dev p1");
}

TEST_F(WalkTest, NamesAPolicyRuleThatHidesTheRoute) {
    network.refusals[{Network::kNode1, network.pod_address(Network::kPod4)}] = RouteOutcome::none;
    network.at(Network::kNode1).rules = {{IpFamily::ipv4, 0, 255}, {IpFamily::ipv4, 100, 0}};
    EXPECT_EQ(expect_fault(Verdict::wrong_route, Network::kNode1),
              "at node/n1: ip rule del pref 100");
}

// A tunnel that is a program may have its device as one end of a pair, whose other end has a MAC
// address that no neighbour entry needs to have.
TEST_F(WalkTest, DoesNotLookForANeighbourBehindATunnelThatIsAProgram) {
    for (const PlaceId node : {Network::kNode1, Network::kNode2}) {
        network.atlas.places[node.value()].carrier = Carrier::opaque;
        network.at(node).links.push_back({.index = IfIndex{9}, .name = "flat0u"});
        network.link(node, "flat0u").mac = mac_of(7);
        network.link(node, "flat0").vxlan.reset();
        network.link(node, "flat0").other_end = LinkAt{node, IfIndex{9}};
    }
    const auto from = IpAddress::from_text("fd00::1").value();
    const auto to = IpAddress::from_text("fd00::4").value();
    const LinkFacts& tunnel = network.link(Network::kNode1, "flat0");
    network.at(Network::kNode1)
        .routes.push_back({.destination = IpPrefix::host(to), .device = tunnel.index, .via = from});
    const LinkFacts& own = network.link(Network::kPod1, "eth0");
    network.at(Network::kPod1)
        .routes.push_back({.destination = IpPrefix::host(to), .device = own.index, .via = from});
    network.at(Network::kPod1)
        .neighbours.push_back({from, own.index, *network.link(Network::kNode1, "p1").mac});
    network.at(Network::kPod1).addresses.push_back({from, own.index});
    network.at(Network::kPod4)
        .addresses.push_back({to, network.link(Network::kPod4, "eth0").index});
    network.refusals[{Network::kNode1, to}] = RouteOutcome::prohibited;
    const auto walked = walk(network.atlas, network, {Network::kPod1, Network::kPod4, from, to});
    ASSERT_TRUE(walked) << walked.error().to_string();
    ASSERT_TRUE(walked.value().fault.has_value());
    EXPECT_EQ(to_string(walked.value().fault->verdict), to_string(Verdict::no_route))
        << walked.value().fault->reason;
}

TEST_F(WalkTest, NamesANeighbourThatIsMissingOrWrong) {
    network.at(Network::kPod1).neighbours.front().usable = false;
    EXPECT_THAT(expect_fault(Verdict::neighbour_missing, Network::kPod1),
                HasSubstr("ip neigh replace 169.254.1.1 lladdr"));
    network.at(Network::kPod1).neighbours.front().usable = true;
    network.at(Network::kPod1).neighbours.front().mac = mac_of(99);
    expect_fault(Verdict::neighbour_wrong, Network::kPod1);
}

TEST_F(WalkTest, NamesWhatTheTunnelDoesNotKnow) {
    auto& fdb = network.at(Network::kNode1).fdb;
    fdb.front().remote = *network.atlas.at(Network::kNode1).endpoint;
    EXPECT_THAT(expect_fault(Verdict::fdb_wrong, Network::kNode1), HasSubstr("dst 172.31.0.2"));
    fdb.clear();
    expect_fault(Verdict::fdb_missing, Network::kNode1);
    auto& neighbours = network.at(Network::kNode1).neighbours;
    take(neighbours, [](const NeighbourFacts& entry) { return entry.address.is_ipv6(); });
    expect_fault(Verdict::neighbour_missing, Network::kNode1);
}

TEST_F(WalkTest, NamesATunnelThatIsMissingOrUnlikeTheOthers) {
    network.link(Network::kNode2, "flat0").vxlan->vni = Vni{77};
    EXPECT_EQ(expect_fault(Verdict::vni_mismatch, Network::kNode2), "flatlan repair");
    network.link(Network::kNode2, "flat0").vxlan->vni = Vni{1};
    network.link(Network::kNode2, "flat0").vxlan->port = Port{8472};
    expect_fault(Verdict::tunnel_port_blocked, Network::kNode2);
    take(network.at(Network::kNode2).links,
         [](const LinkFacts& link) { return link.vxlan.has_value(); });
    expect_fault(Verdict::tunnel_missing, Network::kNode2);
}

TEST_F(WalkTest, NamesAnUnderlayThatDoesNotCarry) {
    take(network.at(Network::kUnderlay).routes, [](const RouteFacts& route) {
        return route.destination == IpPrefix::from_text("172.31.0.2/32").value();
    });
    EXPECT_EQ(expect_fault(Verdict::underlay_unreachable, Network::kUnderlay),
              "at underlay: ip route replace 172.31.0.2/32 dev u2");
}

TEST_F(WalkTest, NamesALinkThatIsDownWhereItIsDown) {
    network.link(Network::kPod4, "eth0").up = false;
    network.link(Network::kNode2, "p2").running = false;
    expect_fault(Verdict::link_down, Network::kPod4);
    network.link(Network::kNode1, "flat0").up = false;
    expect_fault(Verdict::link_down, Network::kNode1);
}

TEST_F(WalkTest, NamesASwitchThatIsOff) {
    network.settings[{Network::kNode2, "net/ipv4/conf/flat0/forwarding"}] = 0;
    network.settings[{Network::kNode2, "net/ipv4/ip_forward"}] = 0;
    EXPECT_EQ(expect_fault(Verdict::forwarding_off, Network::kNode2),
              "at node/n2: sysctl -w net.ipv4.ip_forward=1");
}

TEST_F(WalkTest, NamesAFilterBySource) {
    network.settings[{Network::kNode1, "net/ipv4/conf/p1/rp_filter"}] = 1;
    network.refusals[{Network::kNode1, network.pod_address(Network::kPod4)}] =
        RouteOutcome::discarded;
    for (RouteFacts& route : network.at(Network::kNode1).routes)
        if (route.destination == IpPrefix::host(network.pod_address(Network::kPod1)))
            route.device = network.link(Network::kNode1, "p2").index;
    EXPECT_EQ(expect_fault(Verdict::reverse_path_filter, Network::kNode1),
              "at node/n1: sysctl -w net.ipv4.conf.p1.rp_filter=0");
}

// A filter by source that drops for want of a route back is the messenger, not the fault.
TEST_F(WalkTest, NamesTheMissingRouteForWhichAFilterBySourceDrops) {
    network.settings[{Network::kNode2, "net/ipv4/conf/flat0/rp_filter"}] = 1;
    network.refusals[{Network::kNode2, network.pod_address(Network::kPod4)}] =
        RouteOutcome::discarded;
    take(network.at(Network::kNode2).routes,
         [](const RouteFacts& route) { return route.via && route.via->is_ipv6(); });
    EXPECT_THAT(expect_fault(Verdict::no_route, Network::kNode2),
                HasSubstr("at node/n2: ip route replace 10.244.0.0/26 via inet6 fe80::"));
}

TEST_F(WalkTest, NamesAnAddressThatIsMissingOrThereTwice) {
    network.at(Network::kNode1)
        .addresses.push_back({network.pod_address(Network::kPod4), IfIndex{1}});
    EXPECT_EQ(expect_fault(Verdict::duplicate_address, Network::kNode1),
              "at node/n1: ip addr del 10.244.0.66/32 dev lo");
    network.at(Network::kNode1).addresses.pop_back();
    network.at(Network::kPod4).addresses.clear();
    EXPECT_EQ(expect_fault(Verdict::address_missing, Network::kPod4),
              "at default/pod-4: ip addr replace 10.244.0.66/32 dev eth0");
}

TEST_F(WalkTest, NamesAPodThatIsGone) {
    network.atlas.places[Network::kPod4.value()].present = false;
    expect_fault(Verdict::pod_missing, Network::kPod4);
}

TEST_F(WalkTest, TakesTheFirstOfTwoFaultsOnTheWay) {
    network.at(Network::kPod4).addresses.clear();
    network.at(Network::kNode1).fdb.clear();
    expect_fault(Verdict::fdb_missing, Network::kNode1);
}

TEST_F(WalkTest, RemembersTheNarrowestPlaceOfEachHop) {
    network.link(Network::kUnderlay, "u2").mtu = 1400;
    const Walk walked = way();
    ASSERT_FALSE(walked.fault.has_value());
    EXPECT_EQ(walked.hops[3].mtu, 1400U);
    EXPECT_EQ(walked.hops[3].overhead, 50U);
    EXPECT_EQ(walked.hops[1].mtu, 1450U);
}

}  // namespace
}  // namespace flatlan::trace
