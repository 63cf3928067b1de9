#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/overlay/probe/trace/walk_fixture.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;
using testing::Contains;
using testing::ElementsAre;
using Network = FakeNetwork;

/// The ways of a packet that differ by what joins the nodes.
class UnderlayWalkTest : public WalkFixture {
protected:
    std::vector<std::string> stations() {
        const Walk walked = way();
        EXPECT_FALSE(walked.fault.has_value()) << walked.fault->reason;
        std::vector<std::string> stations;
        for (const Hop& hop : walked.hops)
            stations.push_back(network.atlas.at(hop.place).name + " " + hop.device + " " +
                               std::string{to_string(hop.action)});
        return stations;
    }
    void lose_route_to_the_other_node() {
        const IpPrefix block = network.atlas.at(Network::kNode2).blocks.front();
        EXPECT_EQ(
            std::erase_if(network.at(Network::kNode1).routes,
                          [&](const RouteFacts& route) { return route.destination == block; }),
            1U);
    }
};

TEST_F(UnderlayWalkTest, GoesThroughASwitchAsThroughAPlaceOfItsOwn) {
    network.make_switch();
    EXPECT_THAT(stations(), ElementsAre("default/pod-1 eth0 send", "node/n1 flat0 encapsulate",
                                        "node/n1 eth0 send", "underlay u2 forward",
                                        "node/n2 eth0 receive", "node/n2 flat0 decapsulate",
                                        "node/n2 p2 forward", "default/pod-4 eth0 receive"));
    EXPECT_THAT(way().places, Contains(Network::kUnderlay));
}

TEST_F(UnderlayWalkTest, CountsTheSwitchAmongThePlacesWhereItIsTheFault) {
    network.make_switch();
    network.link(Network::kUnderlay, "br0").up = false;
    expect_fault(Verdict::link_down, Network::kUnderlay);
    EXPECT_THAT(way().places, Contains(Network::kUnderlay));
}

TEST_F(UnderlayWalkTest, NamesAPortThatIsNotOfTheSwitch) {
    for (const std::string port : {"u1", "u2"}) {
        network = Network{};
        network.make_switch();
        network.link(Network::kUnderlay, port).master.reset();
        EXPECT_EQ(expect_fault(Verdict::underlay_unreachable, Network::kUnderlay),
                  "at underlay: ip link set " + port + " master br0");
    }
}

TEST_F(UnderlayWalkTest, NamesAPortThatIsDown) {
    for (const std::string port : {"u1", "u2"}) {
        network = Network{};
        network.make_switch();
        network.link(Network::kUnderlay, port).up = false;
        expect_fault(Verdict::link_down, Network::kUnderlay);
    }
}

TEST_F(UnderlayWalkTest, NamesANeighbourBehindTheSwitchThatIsWrong) {
    network.make_switch();
    auto& neighbours = network.at(Network::kNode1).neighbours;
    const auto entry = std::ranges::find(neighbours, *network.atlas.at(Network::kNode2).endpoint,
                                         &NeighbourFacts::address);
    ASSERT_NE(entry, neighbours.end());
    entry->mac = mac_of(99);
    expect_fault(Verdict::neighbour_wrong, Network::kNode1);
}

TEST_F(UnderlayWalkTest, MendsARouteIntoATunDeviceWithoutANextHop) {
    network.make_tunnels_programs(Network::TunnelDevice::tun);
    EXPECT_THAT(stations(), Contains("node/n1 flat0 encapsulate"));
    lose_route_to_the_other_node();
    EXPECT_EQ(expect_fault(Verdict::no_route, Network::kNode1),
              "at node/n1: ip route replace 10.244.0.64/26 dev flat0 src 10.244.0.0");
}

TEST_F(UnderlayWalkTest, MendsARouteIntoAPairByTheNextHopOfAllRoutes) {
    network.make_tunnels_programs(Network::TunnelDevice::pair);
    EXPECT_THAT(stations(), Contains("node/n1 flat0 encapsulate"));
    lose_route_to_the_other_node();
    // What the kernel learnt while a packet went there without a next hop is none.
    auto& learnt = network.at(Network::kNode1).neighbours;
    learnt.insert(learnt.begin(), {IpAddress::from_text("10.244.0.0").value(),
                                   network.link(Network::kNode1, "flat0").index, mac_of(7)});
    const std::string mend = expect_fault(Verdict::no_route, Network::kNode1);
    EXPECT_THAT(mend,
                testing::HasSubstr("ip route replace 10.244.0.64/26 via 169.254.1.2 dev flat0"));
}

}  // namespace
}  // namespace flatlan::trace
