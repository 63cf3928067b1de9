#include <gtest/gtest.h>

#include "tests/unit/tunnel/engine/engine_node.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/arp.hpp"
#include "tunnel/wire/icmp.hpp"
#include "tunnel/wire/icmpv6.hpp"
#include "tunnel/wire/neighbour_discovery.hpp"

namespace flatlan::tunnel {
namespace {

/// A datagram as an endpoint sends it.
Octets datagram_of(const Octets& frame_payload, EtherType type,
                   const MacAddress& destination = mac_of(1), Vni vni = kTestVni) {
    Octets front(kEncapsulationBytes);
    VxlanHeader{vni}.write(std::span{front}.first<8>());
    EthernetHeader{destination, mac_of(2), type}.write(std::span{front}.subspan<8, 14>());
    return front + frame_payload;
}

/// Node 1, which knows the nodes 2 and 3; packets come from pod 7 of node 2 to pod 9 of node 1.
class EngineReceive : public testing::TestWithParam<IpFamily> {
protected:
    EngineReceive() { node.know(1, 1, 3); }

    UdpPacket packet() const {
        return {.source = pod(GetParam(), 2, 7), .destination = pod(GetParam(), 1, 9)};
    }
    EtherType type() const {
        return GetParam() == IpFamily::ipv4 ? EtherType::ipv4 : EtherType::ipv6;
    }
    Octets datagram(const UdpPacket& inner) const { return datagram_of(inner.build(), type()); }
    std::string fate(const Octets& datagram, const IpAddress& from = endpoint_of(2)) {
        return outline(node.from_underlay(datagram, from));
    }

    EngineNode node{1};
};

INSTANTIATE_TEST_SUITE_P(Families, EngineReceive, testing::Values(IpFamily::ipv4, IpFamily::ipv6),
                         [](const auto& tested) { return std::string{to_string(tested.param)}; });

TEST_P(EngineReceive, DeliversThePacketAsItWasSent) {
    const ActionBatch batch = node.from_underlay(datagram(packet()), endpoint_of(2));
    EXPECT_EQ(octets_of(only<Deliver>(batch).packet), packet().build());
    EXPECT_EQ(node.engine.find_counters(endpoint_of(2))->received_packets, 1U);
    EXPECT_EQ(node.engine.find_counters(endpoint_of(2))->received_octets, packet().build().size());

    node.engine.count_not_delivered(only<Deliver>(batch).counted.value());
    Counters undelivered;
    undelivered.dropped[static_cast<std::size_t>(DropReason::not_delivered)] = 1;
    EXPECT_EQ(*node.engine.find_counters(endpoint_of(2)), undelivered);
}

TEST_P(EngineReceive, LeavesTheFramesPaddingOut) {
    const ActionBatch batch =
        node.from_underlay(datagram(packet()) + Octets(18, kPoison), endpoint_of(2));
    EXPECT_EQ(octets_of(only<Deliver>(batch).packet), packet().build());
}

TEST_P(EngineReceive, BelievesKnownEndpointsAlone) {
    EXPECT_EQ(fate(datagram(packet()), endpoint_of(4)), "drop unknown_endpoint");
    EXPECT_EQ(fate(datagram(packet()), endpoint_of(1)), "drop unknown_endpoint") << "ourselves";
}

TEST_P(EngineReceive, BelievesNoInnerSourceThatIsNotTheSenders) {
    EXPECT_EQ(fate(datagram(packet()), endpoint_of(3)), "drop foreign_source");
    UdpPacket spoofed = packet();
    spoofed.source = pod(GetParam(), 1, 5);  // one of our own
    EXPECT_EQ(fate(datagram(spoofed)), "drop foreign_source");
    spoofed.source = pod(GetParam(), 77, 5);  // nobody's
    EXPECT_EQ(fate(datagram(spoofed)), "drop foreign_source");
}

TEST_P(EngineReceive, PassesNothingOnToOtherNodes) {
    UdpPacket stray = packet();
    stray.destination = pod(GetParam(), 3, 9);
    EXPECT_EQ(fate(datagram(stray)), "drop foreign_destination");
    stray.destination = pod(GetParam(), 77, 9);
    EXPECT_EQ(fate(datagram(stray)), "drop foreign_destination");
}

TEST_P(EngineReceive, DropsAnotherVniAnotherMacAndAnotherType) {
    const Octets inner = packet().build();
    EXPECT_EQ(fate(datagram_of(inner, type(), mac_of(1), Vni{43})), "drop wrong_vni");
    EXPECT_EQ(fate(datagram_of(inner, type(), mac_of(3))), "drop wrong_destination");
    EXPECT_EQ(fate(datagram_of(inner, type(), mac("ff:ff:ff:ff:ff:ff"))), "drop wrong_destination");
    EXPECT_EQ(fate(datagram_of(inner, EtherType{0x8100})), "drop unknown_ether_type");
    const EtherType other = GetParam() == IpFamily::ipv4 ? EtherType::ipv6 : EtherType::ipv4;
    EXPECT_EQ(fate(datagram_of(inner, other)), "drop wrong_version");
    Octets without_flag = datagram(packet());
    without_flag[0] = std::byte{0};
    EXPECT_EQ(fate(without_flag), "drop vxlan_without_vni");
}

TEST_P(EngineReceive, DropsAddressesThatNoTunnelCarries) {
    UdpPacket local = packet();
    local.destination = GetParam() == IpFamily::ipv4 ? ip("224.0.0.1") : ip("ff02::1");
    EXPECT_EQ(fate(datagram(local)), "drop unforwardable_address");
    local = packet();
    local.source = GetParam() == IpFamily::ipv4 ? ip("127.0.0.1") : ip("::1");
    EXPECT_EQ(fate(datagram(local)), "drop unforwardable_address");
}

TEST_P(EngineReceive, DropsEveryTruncationOfTheDatagram) {
    const Octets whole = datagram(packet());
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(fate(part(whole, 0, size)).substr(0, 4), "drop") << size;
}

TEST_P(EngineReceive, CarriesCongestionAndDscpFromOutsideToInside) {
    UdpPacket sent = packet();
    sent.traffic_class = {Dscp{46}, Ecn::ect0};
    const ActionBatch batch =
        node.from_underlay(datagram(sent), endpoint_of(2), {Dscp{10}, Ecn::ce});
    sent.traffic_class = {Dscp{10}, Ecn::ce};
    EXPECT_EQ(octets_of(only<Deliver>(batch).packet), sent.build());

    sent.traffic_class = {Dscp{10}, Ecn::not_ect};
    EXPECT_EQ(outline(node.from_underlay(datagram(sent), endpoint_of(2), {Dscp{10}, Ecn::ce})),
              "drop congestion");
}

TEST_P(EngineReceive, TellsTheFarSenderWhenTheHopsAreUsedUp) {
    EngineNode router{1, HopLimitRule::decrement};
    router.know(1, 1, 3);
    UdpPacket last_hop = packet();
    last_hop.hop_limit = 1;
    const ActionBatch batch = router.from_underlay(datagram(last_hop), endpoint_of(2));
    const Transmit& back = only<Transmit>(batch);
    EXPECT_EQ(back.to, endpoint_of(2));
    const Octets error = part(octets_of(back.datagram), kEncapsulationBytes);
    if (GetParam() == IpFamily::ipv4) {
        EXPECT_EQ(*IcmpMessage::parse(part(error, 20)), IcmpMessage{IcmpTimeExceeded{}});
    } else {
        EXPECT_EQ(*Icmpv6Message::parse(part(error, 40), pod6(1, 1), pod6(2, 7)),
                  Icmpv6Message{Icmpv6TimeExceeded{}});
    }
    const Counters counted = router.engine.counters();
    EXPECT_EQ(counted.dropped_for(DropReason::hop_limit_expired), 1U);
    EXPECT_EQ(counted.packets(), 1U) << "the error is no packet of anyone's";
}

/// An ARP request of node 2 for `target`.
Octets arp_for(Ipv4Address target, const MacAddress& to) {
    Octets packet(ArpPacket::kSizeBytes);
    ArpPacket{ArpOperation::request, mac_of(2), pod4(2, 1), MacAddress{}, target}.write(
        std::span{packet}.first<ArpPacket::kSizeBytes>());
    return datagram_of(packet, EtherType::arp, to);
}

class EngineNeighbours : public testing::Test {
protected:
    EngineNeighbours() { node.know(1, 1, 3); }
    EngineNode node{1};
};

TEST_F(EngineNeighbours, AnswersArpForTheGatewayToWhoAsked) {
    const MacAddress broadcast = mac("ff:ff:ff:ff:ff:ff");
    const ActionBatch batch = node.from_underlay(arp_for(pod4(1, 1), broadcast), endpoint_of(2));
    const Transmit& answer = only<Transmit>(batch);
    EXPECT_EQ(answer.to, endpoint_of(2));
    const auto arp = ArpPacket::parse(part(octets_of(answer.datagram), kEncapsulationBytes));
    ASSERT_TRUE(arp);
    EXPECT_EQ(*arp, (ArpPacket{ArpOperation::reply, mac_of(1), pod4(1, 1), mac_of(2), pod4(2, 1)}));
    EXPECT_EQ(node.engine.counters().answered, 1U);
}

TEST_F(EngineNeighbours, AnswersArpForNobodyElse) {
    const MacAddress broadcast = mac("ff:ff:ff:ff:ff:ff");
    EXPECT_EQ(outline(node.from_underlay(arp_for(pod4(1, 9), broadcast), endpoint_of(2))),
              "drop not_for_gateway")
        << "a pod of ours";
    EXPECT_EQ(outline(node.from_underlay(arp_for(pod4(1, 1), mac_of(3)), endpoint_of(2))),
              "drop wrong_destination");
    EXPECT_EQ(outline(node.from_underlay(arp_for(pod4(1, 1), broadcast), endpoint_of(4))),
              "drop unknown_endpoint");
}

TEST_F(EngineNeighbours, AnswersASolicitationForTheGateway) {
    const NeighbourSolicitation asked{pod6(1, 1), mac_of(2)};
    const Ipv6Address group = v6("ff02::1:ff00:1");
    Octets packet(Ipv6Header::kSizeBytes + asked.size_bytes());
    Ipv6Header{.payload_size_bytes = static_cast<std::uint16_t>(asked.size_bytes()),
               .next_header = IpProtocol::icmpv6,
               .hop_limit = kNeighbourHopLimit,
               .source = pod6(2, 1),
               .destination = group}
        .write(std::span{packet}.first<40>());
    asked.write(std::span{packet}.subspan(40), pod6(2, 1), group);
    const ActionBatch batch = node.from_underlay(
        datagram_of(packet, EtherType::ipv6, mac("33:33:ff:00:00:01")), endpoint_of(2));
    const Octets answer = part(octets_of(only<Transmit>(batch).datagram), kEncapsulationBytes);
    const auto advertisement =
        NeighbourAdvertisement::parse(std::span{answer}.subspan(40), pod6(1, 1), pod6(2, 1));
    ASSERT_TRUE(advertisement);
    EXPECT_EQ(advertisement->target_mac, mac_of(1));
}

}  // namespace
}  // namespace flatlan::tunnel
