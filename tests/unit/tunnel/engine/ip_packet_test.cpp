#include "tunnel/engine/ip_packet.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tunnel/engine/packets.hpp"

namespace flatlan::tunnel {
namespace {

const UdpPacket kV4{.source = ip("10.244.0.1"), .destination = ip("10.244.1.1")};
const UdpPacket kV6{.source = ip("fd00::1"), .destination = ip("fd00::1:1")};

TEST(IpPacket, ReadsEitherFamily) {
    for (const UdpPacket& sent : {kV4, kV6}) {
        const Octets octets = sent.build();
        const auto packet = IpPacket::parse(octets);
        ASSERT_TRUE(packet);
        EXPECT_EQ(packet->family(), sent.source.family());
        EXPECT_EQ(packet->source(), sent.source);
        EXPECT_EQ(packet->destination(), sent.destination);
        EXPECT_EQ(packet->hop_limit(), 64);
        EXPECT_EQ(packet->size_bytes(), octets.size());
    }
}

TEST(IpPacket, DropsNothingAndOtherVersions) {
    EXPECT_EQ(IpPacket::parse({}).reason(), DropReason::truncated);
    Octets other = kV6.build();
    other[0] = std::byte{0x50};
    EXPECT_EQ(IpPacket::parse(other).reason(), DropReason::wrong_version);
}

TEST(IpPacket, TakesOffOneHopAndStaysSound) {
    for (UdpPacket packet : {kV4, kV6}) {
        for (unsigned hops = 1; hops < 256; ++hops) {
            packet.hop_limit = static_cast<std::uint8_t>(hops);
            Octets octets = packet.build();
            decrement_hop_limit(octets);
            packet.hop_limit = static_cast<std::uint8_t>(hops - 1);
            ASSERT_EQ(octets, packet.build()) << hops;
        }
    }
}

TEST(IpPacket, ChangesTheTrafficClassAndNothingElse) {
    for (UdpPacket packet : {kV4, kV6}) {
        Octets octets = packet.build();
        for (unsigned octet = 0; octet < 256; octet += 7) {
            packet.traffic_class = TrafficClass::from_octet(static_cast<std::uint8_t>(octet));
            set_traffic_class(octets, packet.traffic_class);
            ASSERT_EQ(octets, packet.build()) << octet;
        }
    }
}

TEST(IpPacket, ForwardsBetweenHostsAlone) {
    for (const char* host : {"10.0.0.1", "192.0.2.1", "fd00::1", "2001:db8::1"})
        EXPECT_TRUE(is_forwardable(ip(host))) << host;
    for (const char* other : {"0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255",
                              "::", "::1", "fe80::1", "ff02::1"})
        EXPECT_FALSE(is_forwardable(ip(other))) << other;
}

}  // namespace
}  // namespace flatlan::tunnel
