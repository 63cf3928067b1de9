#include <gtest/gtest.h>

#include "tests/unit/tunnel/engine/engine_node.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/flow_hash.hpp"
#include "tunnel/wire/icmp.hpp"
#include "tunnel/wire/icmpv6.hpp"

namespace flatlan::tunnel {
namespace {

/// Node 1, which knows the nodes 2 and 3.
class EngineSend : public testing::TestWithParam<IpFamily> {
protected:
    EngineSend() { node.know(1, 1, 3); }

    /// From pod 9 of node 1 to pod 7 of node 2.
    UdpPacket packet() const {
        return {.source = pod(GetParam(), 1, 9), .destination = pod(GetParam(), 2, 7)};
    }
    std::string fate(const UdpPacket& sent) { return outline(node.from_pod(sent.build())); }
    std::uint64_t dropped(DropReason reason) { return node.engine.counters().dropped_for(reason); }

    EngineNode node{1};
};

INSTANTIATE_TEST_SUITE_P(Families, EngineSend, testing::Values(IpFamily::ipv4, IpFamily::ipv6),
                         [](const auto& tested) { return std::string{to_string(tested.param)}; });

TEST_P(EngineSend, PutsThePacketBehindVxlanAndEthernetAndChangesNothingInIt) {
    UdpPacket sent = packet();
    sent.traffic_class = {Dscp{46}, Ecn::ect0};
    const ActionBatch batch = node.from_pod(sent.build());
    const Transmit& transmit = only<Transmit>(batch);
    EXPECT_EQ(transmit.to, endpoint_of(2));
    EXPECT_EQ(transmit.traffic_class, sent.traffic_class);
    EXPECT_GE(transmit.source_port.value(), kOuterSourcePortMin);

    const Octets datagram = octets_of(transmit.datagram);
    EXPECT_EQ(VxlanHeader::parse(datagram)->vni, kTestVni);
    const auto ethernet = EthernetHeader::parse(part(datagram, 8));
    EXPECT_EQ(ethernet->destination, mac_of(2));
    EXPECT_EQ(ethernet->source, mac_of(1));
    EXPECT_EQ(ethernet->type == EtherType::ipv4, GetParam() == IpFamily::ipv4);
    EXPECT_EQ(part(datagram, kEncapsulationBytes), sent.build());

    const Counters* counted = node.engine.find_counters(endpoint_of(2));
    ASSERT_NE(counted, nullptr);
    EXPECT_EQ(counted->sent_packets, 1U);
    EXPECT_EQ(counted->sent_octets, sent.build().size());
}

TEST_P(EngineSend, KeepsAFlowOnOnePortAndSpreadsOthers) {
    std::set<std::uint16_t> ports;
    for (std::uint16_t flow = 0; flow < 50; ++flow) {
        UdpPacket sent = packet();
        sent.source_port = flow;
        const auto first = only<Transmit>(node.from_pod(sent.build())).source_port;
        sent.payload_bytes = 100;
        EXPECT_EQ(only<Transmit>(node.from_pod(sent.build())).source_port, first);
        ports.insert(first.value());
    }
    EXPECT_GT(ports.size(), 45U);
}

TEST_P(EngineSend, LeavesPaddingBehind) {
    const ActionBatch batch = node.from_pod(packet().build() + Octets(5, kPoison));
    EXPECT_EQ(only<Transmit>(batch).datagram.size_bytes(),
              kEncapsulationBytes + packet().build().size());
}

TEST_P(EngineSend, DropsWhatIsNotFromOneOfItsOwnAddresses) {
    UdpPacket foreign = packet();
    foreign.source = pod(GetParam(), 3, 9);
    EXPECT_EQ(fate(foreign), "drop foreign_source");
    foreign.source = GetParam() == IpFamily::ipv4 ? ip("192.0.2.1") : ip("2001:db8::1");
    EXPECT_EQ(fate(foreign), "drop foreign_source");
    EXPECT_EQ(dropped(DropReason::foreign_source), 2U);
}

TEST_P(EngineSend, DropsQuietlyWhatNoRouterForwards) {
    const bool ipv4 = GetParam() == IpFamily::ipv4;
    UdpPacket local = packet();
    local.destination = ipv4 ? ip("224.0.0.251") : ip("ff02::fb");
    EXPECT_EQ(fate(local), "drop unforwardable_address");
    local = packet();
    local.source = ipv4 ? ip("169.254.0.1") : ip("fe80::1");
    EXPECT_EQ(fate(local), "drop unforwardable_address");
    EXPECT_EQ(node.engine.counters().errors_sent, 0U);
}

TEST_P(EngineSend, TellsTheSenderWhenNobodyOwnsTheDestination) {
    UdpPacket lost = packet();
    for (const IpAddress& nobody : {pod(GetParam(), 99, 1), pod(GetParam(), 1, 200)}) {
        lost.destination = nobody;
        const ActionBatch batch = node.from_pod(lost.build());
        const auto error = IpPacket::parse(only<Deliver>(batch).packet.bytes());
        ASSERT_TRUE(error);
        EXPECT_EQ(error->destination(), lost.source);
        EXPECT_EQ(error->source(), pod(GetParam(), 1, 1)) << "the node itself";
    }
    EXPECT_EQ(dropped(DropReason::no_route), 2U);
    EXPECT_EQ(node.engine.counters().errors_sent, 2U);
}

TEST_P(EngineSend, PassesTheLargestPacketAndRefusesOneOctetMoreWithTheMtu) {
    UdpPacket large = packet();
    large.payload_bytes = kTestMtu.value() - large.build().size() + large.payload_bytes;
    ASSERT_EQ(large.build().size(), kTestMtu.value());
    EXPECT_EQ(fate(large), "transmit");

    ++large.payload_bytes;
    const ActionBatch batch = node.from_pod(large.build());
    const Octets error = octets_of(only<Deliver>(batch).packet);
    if (GetParam() == IpFamily::ipv4) {
        EXPECT_EQ(*IcmpMessage::parse(part(error, 20)), IcmpMessage{IcmpFragmentationNeeded{1450}});
    } else {
        EXPECT_EQ(*Icmpv6Message::parse(part(error, 40), pod6(1, 1), pod6(1, 9)),
                  Icmpv6Message{Icmpv6PacketTooBig{1450}});
    }
    EXPECT_EQ(dropped(DropReason::too_big), 1U);
}

TEST_P(EngineSend, KnowsTheNarrowerWayToOnePeer) {
    const std::vector<Peer> peers{{endpoint_of(2), mac_of(2), blocks_of(2), OverlayMtu{1300}},
                                  {endpoint_of(3), mac_of(3), blocks_of(3), OverlayMtu{1450}}};
    ASSERT_TRUE(node.engine.set_peers(peers));
    UdpPacket sent = packet();
    sent.payload_bytes = 1300;
    EXPECT_EQ(fate(sent), "deliver") << "the error";
    sent.destination = pod(GetParam(), 3, 7);
    EXPECT_EQ(fate(sent), "transmit");
}

TEST_P(EngineSend, LimitsErrorsByTheTimeThatPasses) {
    UdpPacket lost = packet();
    lost.destination = pod(GetParam(), 99, 1);
    unsigned errors = 0;
    for (int i = 0; i < 200; ++i)
        if (outline(node.from_pod(lost.build())) == "deliver") ++errors;
    EXPECT_EQ(errors, 50U) << "the burst";
    EXPECT_EQ(outline(node.from_pod(lost.build())), "drop no_route");
    EXPECT_EQ(outline(node.from_pod(lost.build(), kTestStart + std::chrono::milliseconds{1})),
              "deliver");
    const Counters counted = node.engine.counters();
    EXPECT_EQ(counted.errors_sent, 51U);
    EXPECT_EQ(counted.errors_withheld, 151U);
    EXPECT_EQ(counted.dropped_for(DropReason::no_route), 202U);
}

TEST_P(EngineSend, CountsHopsOnlyWhereItIsTheRouter) {
    UdpPacket last_hop = packet();
    last_hop.hop_limit = 1;
    EXPECT_EQ(fate(last_hop), "transmit");

    EngineNode router{1, HopLimitRule::decrement};
    router.know(1, 1, 3);
    const ActionBatch expired = router.from_pod(last_hop.build());
    const Octets error = octets_of(only<Deliver>(expired).packet);
    if (GetParam() == IpFamily::ipv4) {
        EXPECT_EQ(*IcmpMessage::parse(part(error, 20)), IcmpMessage{IcmpTimeExceeded{}});
    } else {
        EXPECT_EQ(*Icmpv6Message::parse(part(error, 40), pod6(1, 1), pod6(1, 9)),
                  Icmpv6Message{Icmpv6TimeExceeded{}});
    }
    last_hop.hop_limit = 2;
    const ActionBatch sent = router.from_pod(last_hop.build());
    last_hop.hop_limit = 1;
    EXPECT_EQ(part(octets_of(only<Transmit>(sent).datagram), kEncapsulationBytes),
              last_hop.build());
}

TEST_P(EngineSend, DropsEveryTruncation) {
    const Octets whole = packet().build();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string got = outline(node.from_pod(part(whole, 0, size)));
        const std::size_t header = GetParam() == IpFamily::ipv4 ? 20 : 40;
        EXPECT_EQ(got, size < header ? "drop truncated" : "drop bad_payload_length") << size;
    }
}

TEST(EngineFragments, CutsWhatIpv4AllowsToAndCountsItOnce) {
    EngineNode node{1};
    node.know(1, 1, 2);
    const UdpPacket large{.source = pod4(1, 9),
                          .destination = pod4(2, 7),
                          .payload_bytes = 3000,
                          .dont_fragment = false};
    const ActionBatch batch = node.from_pod(large.build());
    EXPECT_EQ(outline(batch), "transmit, transmit, transmit");
    std::set<std::uint16_t> ports;
    for (const Action& action : batch) {
        const Transmit& transmit = std::get<Transmit>(action);
        EXPECT_LE(transmit.datagram.size_bytes(), 1450 + kEncapsulationBytes);
        ports.insert(transmit.source_port.value());
    }
    EXPECT_EQ(ports.size(), 1U) << "all on one path";
    EXPECT_EQ(node.engine.counters().sent_packets, 1U);
    EXPECT_EQ(node.engine.counters().packets(), 1U);

    // Whoever sends them says of the packet as a whole that it was not taken.
    EXPECT_FALSE(std::get<Transmit>(batch[0]).counted);
    EXPECT_FALSE(std::get<Transmit>(batch[1]).counted);
    node.engine.count_not_sent(std::get<Transmit>(batch[2]).counted.value());
    EXPECT_EQ(node.engine.counters().sent_packets, 0U);
    EXPECT_EQ(node.engine.counters().sent_octets, 0U);
    EXPECT_EQ(node.engine.find_counters(endpoint_of(2))->dropped_for(DropReason::not_sent), 1U);
    EXPECT_EQ(node.engine.counters().packets(), 1U);
}

TEST(EngineFragments, DropsWhatNeedsMoreThanItMaySend) {
    EngineNode node{1};
    node.know(1, 1, 2, OverlayMtu{68});
    const UdpPacket large{.source = pod4(1, 9),
                          .destination = pod4(2, 7),
                          .payload_bytes = 5000,
                          .dont_fragment = false};
    EXPECT_EQ(outline(node.from_pod(large.build())), "drop too_many_fragments");
    EXPECT_EQ(node.pool.available(), EngineNode::kBuffers);
}

}  // namespace
}  // namespace flatlan::tunnel
