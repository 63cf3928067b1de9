#include "overlay/probe/capture/decode.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tunnel/wire/arp.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/icmp.hpp"
#include "tunnel/wire/icmpv6.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/tcp.hpp"
#include "tunnel/wire/udp.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::capture {
namespace {

using Octets = std::vector<std::byte>;
using trace::LinkLayer;
using tunnel::IpProtocol;

constexpr Ipv4Address kPod1{0x0af4'0001}, kPod2{0x0af4'0041}, kNode1{0xac1f'0001},
    kNode2{0xac1f'0002};
const Ipv6Address kPod1V6 = Ipv6Address::from_halves(0xfd00'0010'0244'0000, 1);
const Ipv6Address kPod2V6 = Ipv6Address::from_halves(0xfd00'0010'0244'0000, 0x41);

/// `payload` behind `header`, which is `size` octets long when it is written.
template <std::size_t size, typename Header>
Octets behind(const Header& header, const Octets& payload) {
    Octets whole(size + payload.size());
    header.write(std::span{whole}.template first<size>());
    std::ranges::copy(payload, whole.begin() + size);
    return whole;
}

Octets ethernet(tunnel::EtherType type, const Octets& payload) {
    return behind<14>(tunnel::EthernetHeader{.type = type}, payload);
}

Octets ipv4(IpProtocol protocol, Ipv4Address from, Ipv4Address to, const Octets& payload) {
    return behind<20>(
        tunnel::Ipv4Header{.total_size_bytes = static_cast<std::uint16_t>(20 + payload.size()),
                           .dont_fragment = true,
                           .ttl = 63,
                           .protocol = protocol,
                           .source = from,
                           .destination = to},
        payload);
}

Octets udp(std::uint16_t from, std::uint16_t to, const Octets& payload) {
    return behind<8>(
        tunnel::UdpHeader{.source = Port{from},
                          .destination = Port{to},
                          .size_bytes = static_cast<std::uint16_t>(8 + payload.size())},
        payload);
}

Octets echo() {
    Octets message(8 + 56);
    tunnel::IcmpMessage{tunnel::IcmpEcho{tunnel::IcmpEcho::Direction::request, 7, 1}}.write(
        message);
    return message;
}

std::string line_of(const Octets& packet, LinkLayer layer = LinkLayer::ethernet) {
    return to_line(decode(packet, layer, kVxlanPort));
}

TEST(Decode, ShowsTheFirstPieceOfAPacketWithItsPortsAndJudgesItByNoLength) {
    Octets datagram = udp(5000, 53, Octets(3000));
    datagram.resize(1480);
    const Octets piece = behind<20>(
        tunnel::Ipv4Header{.total_size_bytes = static_cast<std::uint16_t>(20 + datagram.size()),
                           .more_fragments = true,
                           .ttl = 63,
                           .protocol = IpProtocol::udp,
                           .source = kPod1,
                           .destination = kPod2},
        datagram);
    EXPECT_EQ(line_of(ethernet(tunnel::EtherType::ipv4, piece)),
              "10.244.0.1:5000 > 10.244.0.65:53 ttl 63 fragment at 0 UDP, 1480 octets");
}

TEST(Decode, ShowsTheFirstPieceOfAnEchoWithoutAJudgementOfItsChecksum) {
    const Octets piece = behind<20>(tunnel::Ipv4Header{.total_size_bytes = 20 + 8 + 56,
                                                       .more_fragments = true,
                                                       .ttl = 63,
                                                       .protocol = IpProtocol::icmp,
                                                       .source = kPod1,
                                                       .destination = kPod2},
                                    [] {
                                        Octets message = echo();
                                        message.back() =
                                            std::byte{1};  // the sum is of more than this
                                        return message;
                                    }());
    EXPECT_EQ(line_of(ethernet(tunnel::EtherType::ipv4, piece)),
              "10.244.0.1 > 10.244.0.65 ttl 63 fragment at 0 ICMP type 8 code 0, 64 octets");
}

TEST(Decode, ShowsTheOuterAndTheInnerHeadersOfATunnelsPacket) {
    const Octets inner =
        ethernet(tunnel::EtherType::ipv4, ipv4(IpProtocol::icmp, kPod1, kPod2, echo()));
    const Octets frame =
        ethernet(tunnel::EtherType::ipv4,
                 ipv4(IpProtocol::udp, kNode1, kNode2,
                      udp(51234, 4789, behind<8>(tunnel::VxlanHeader{Vni{1}}, inner))));
    EXPECT_EQ(line_of(frame),
              "172.31.0.1:51234 > 172.31.0.2:4789 ttl 63 UDP VXLAN 1 | 10.244.0.1 > 10.244.0.65 "
              "ttl 63 ICMP echo request 7.1, 56 octets");
    std::vector<std::string_view> layers;
    for (const Header& header : decode(frame, LinkLayer::ethernet, kVxlanPort).headers)
        layers.push_back(header.layer);
    EXPECT_EQ(layers, (std::vector<std::string_view>{"ethernet", "ipv4", "udp", "vxlan", "ethernet",
                                                     "ipv4", "icmp"}));
}

TEST(Decode, ShowsTcpOverIpv6WithoutALinkHeader) {
    const Octets segment =
        behind<20>(tunnel::TcpHeader{.source = Port{80},
                                     .destination = Port{40000},
                                     .sequence = 5,
                                     .acknowledgment = 9,
                                     .flags = {tunnel::TcpFlags::kSyn | tunnel::TcpFlags::kAck}},
                   Octets(3));
    const Octets packet = behind<40>(
        tunnel::Ipv6Header{.payload_size_bytes = static_cast<std::uint16_t>(segment.size()),
                           .next_header = IpProtocol::tcp,
                           .hop_limit = 64,
                           .source = kPod1V6,
                           .destination = kPod2V6},
        segment);
    EXPECT_EQ(line_of(packet, LinkLayer::none),
              "[fd00:10:244::1]:80 > [fd00:10:244::41]:40000 ttl 64 TCP SYN ACK seq 5 ack 9, 3 "
              "octets");
}

TEST(Decode, ShowsArpAndWhatItDoesNotKnow) {
    const Octets arp = behind<28>(
        tunnel::ArpPacket{
            .operation = tunnel::ArpOperation::request, .sender = kPod1, .target = kPod2},
        {});
    EXPECT_EQ(line_of(ethernet(tunnel::EtherType::arp, arp)),
              "ARP who has 10.244.0.65, tell 10.244.0.1, 0 octets");
    EXPECT_EQ(line_of(ethernet(tunnel::EtherType{0x88cc}, Octets(1))),
              "00:00:00:00:00:00 > 00:00:00:00:00:00 0x88cc, 1 octet");
}

TEST(Decode, SaysWhyItStopsWhereAPacketIsBroken) {
    Octets frame = ethernet(tunnel::EtherType::ipv4, ipv4(IpProtocol::icmp, kPod1, kPod2, echo()));
    frame.resize(20);
    EXPECT_EQ(line_of(frame), "00:00:00:00:00:00 > 00:00:00:00:00:00 IPv4 (truncated), 6 octets");
    Octets spoilt = ethernet(tunnel::EtherType::ipv4, ipv4(IpProtocol::icmp, kPod1, kPod2, echo()));
    spoilt.back() ^= std::byte{1};
    EXPECT_EQ(line_of(spoilt),
              "10.244.0.1 > 10.244.0.65 ttl 63 ICMP type 8 code 0 (bad_checksum), 64 octets");
    EXPECT_EQ(line_of({}), "(truncated), 0 octets");
}

TEST(Decode, TakesEveryTruncationOfATunnelsPacket) {
    const Octets inner =
        ethernet(tunnel::EtherType::ipv4, ipv4(IpProtocol::icmp, kPod1, kPod2, echo()));
    const Octets datagram = udp(1, 4789, behind<8>(tunnel::VxlanHeader{Vni{1}}, inner));
    for (std::size_t size = 0; size <= datagram.size(); ++size) {
        const Octets cut{datagram.begin(), datagram.begin() + static_cast<std::ptrdiff_t>(size)};
        EXPECT_FALSE(line_of(ipv4(IpProtocol::udp, kNode1, kNode2, cut), LinkLayer::none).empty());
    }
}

}  // namespace
}  // namespace flatlan::capture
