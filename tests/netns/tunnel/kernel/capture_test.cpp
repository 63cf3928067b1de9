#include "tests/netns/tunnel/kernel/tunnel_world.hpp"
#include "tests/support/frame_capture.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/udp.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::tunnel {
namespace {

using Octets = std::span<const std::byte>;

/// What both families' headers say, and what follows.
struct IpPacket {
    IpAddress source;
    IpAddress destination;
    std::uint8_t traffic_class;
    IpProtocol protocol;
    bool dont_fragment;
    Octets payload;
};

std::optional<IpPacket> read_ip(EtherType type, Octets octets) {
    if (type == EtherType::ipv4)
        if (const auto ip = Ipv4Header::parse(octets))
            return IpPacket{ip->source,   ip->destination,   ip->traffic_class.octet(),
                            ip->protocol, ip->dont_fragment, ip->payload(octets)};
    if (type == EtherType::ipv6)
        if (const auto ip = Ipv6Header::parse(octets))
            return IpPacket{ip->source,
                            ip->destination,
                            ip->traffic_class.octet(),
                            ip->next_header,
                            true,
                            octets.subspan(Ipv6Header::kSizeBytes, ip->payload_size_bytes)};
    return std::nullopt;
}

/// A frame of the underlay that carries one of the overlay.
struct Encapsulated {
    IpPacket outer;
    UdpHeader udp;
    VxlanHeader vxlan;
    EthernetHeader frame;
    IpPacket inner;
};

std::optional<Encapsulated> read_encapsulated(Octets octets) {
    const auto ethernet = EthernetHeader::parse(octets);
    if (!ethernet) return std::nullopt;
    const auto outer = read_ip(ethernet->type, octets.subspan(EthernetHeader::kSizeBytes));
    if (!outer || outer->protocol != IpProtocol::udp) return std::nullopt;
    const auto udp = UdpHeader::parse(outer->payload);
    if (!udp || udp->destination != kVxlanPort) return std::nullopt;
    const Octets datagram = outer->payload.subspan(UdpHeader::kSizeBytes);
    const auto vxlan = VxlanHeader::parse(datagram);
    if (!vxlan) return std::nullopt;
    const Octets inner_frame = datagram.subspan(VxlanHeader::kSizeBytes);
    const auto frame = EthernetHeader::parse(inner_frame);
    if (!frame) return std::nullopt;
    const auto inner = read_ip(frame->type, inner_frame.subspan(EthernetHeader::kSizeBytes));
    if (!inner) return std::nullopt;
    return Encapsulated{*outer, *udp, *vxlan, *frame, *inner};
}

/// Underlay and overlay.
using Families = std::tuple<IpFamily, IpFamily>;

class Capture : public support::NetworkTest, public testing::WithParamInterface<Families> {};

INSTANTIATE_TEST_SUITE_P(Families, Capture,
                         testing::Combine(testing::Values(IpFamily::ipv4, IpFamily::ipv6),
                                          testing::Values(IpFamily::ipv4, IpFamily::ipv6)),
                         [](const auto& test) {
                             return std::string{to_string(std::get<1>(test.param))} + "Over" +
                                    std::string{to_string(std::get<0>(test.param))};
                         });

TEST_P(Capture, OnTheUnderlayShowsVxlanWithTheOverlaysOwnAddressesInside) {
    const auto [underlay, overlay] = GetParam();
    TunnelWorld world{{.nodes = 2, .underlay = underlay}};
    world.apply_all();
    support::FrameCapture capture{world.underlay(), "u0"};
    const auto& nodes = world.cluster.nodes;
    const IpAddress from = world.overlay(0, overlay);
    const IpAddress to = world.overlay(1, overlay);
    constexpr std::uint8_t kTrafficClass = 0xba;  // DSCP 46 (expedited forwarding), ECT(0)
    world.run(0, "ping -c 1 -Q 0xba -I " + to_string(from) + " " + to_string(to));

    // Until it comes, or nothing does; what one hears before it is multicast of the devices.
    std::optional<Encapsulated> seen;
    std::vector<std::byte> octets;  // `seen` looks into it
    while (!seen) {
        auto frame = capture.next();
        ASSERT_TRUE(frame);
        octets = std::move(*frame);
        seen = read_encapsulated(octets);
    }

    EXPECT_EQ(seen->outer.source, nodes[0].endpoint);
    EXPECT_EQ(seen->outer.destination, nodes[1].endpoint);
    EXPECT_TRUE(seen->outer.dont_fragment);
    EXPECT_EQ(seen->outer.traffic_class, kTrafficClass);
    EXPECT_EQ(seen->udp.checksum == 0, underlay == IpFamily::ipv4);
    EXPECT_EQ(seen->vxlan.vni, world.cluster.settings.vni);
    EXPECT_EQ(seen->frame.source, nodes[0].mac);
    EXPECT_EQ(seen->frame.destination, nodes[1].mac);
    EXPECT_EQ(seen->inner.source, from);
    EXPECT_EQ(seen->inner.destination, to);
    EXPECT_EQ(seen->inner.traffic_class, kTrafficClass);
}

}  // namespace
}  // namespace flatlan::tunnel
