#include "tunnel/wire/flow_hash.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/udp.hpp"

namespace flatlan::tunnel {
namespace {

std::uint64_t hash_of(const Octets& packet) {
    if (std::to_integer<unsigned>(packet[0]) >> 4U == 4)
        return flow_hash(*Ipv4Header::parse(packet), packet);
    return flow_hash(*Ipv6Header::parse(packet), packet);
}

Octets udp4(std::uint32_t source, std::uint16_t source_port, bool more_fragments = false,
            std::uint16_t offset = 0) {
    Octets packet(32);
    Ipv4Header{.total_size_bytes = 32,
               .more_fragments = more_fragments,
               .fragment_offset_bytes = offset,
               .ttl = 64,
               .protocol = IpProtocol::udp,
               .source = Ipv4Address{source},
               .destination = v4("10.244.1.1")}
        .write(std::span{packet}.first<20>());
    UdpHeader{Port{source_port}, Port{53}, 12, 0}.write(std::span{packet}.subspan<20, 8>());
    return packet;
}

TEST(FlowHash, IsTheSameForAllPacketsOfAFlow) {
    Octets packet = part(octets(captured::kUdp), 14);
    const std::uint64_t hash = hash_of(packet);
    packet.back() ^= std::byte{0xff};
    EXPECT_EQ(hash_of(packet), hash);

    Octets packet6 = part(octets(captured::kUdp6), 14);
    const std::uint64_t hash6 = hash_of(packet6);
    packet6.back() ^= std::byte{0xff};
    packet6[3] ^= std::byte{0xff};  // the flow label
    EXPECT_EQ(hash_of(packet6), hash6);
}

TEST(FlowHash, DiffersByEachAddressAndPort) {
    for (const char* hex : {captured::kUdp.data(), captured::kUdp6.data()}) {
        const Octets packet = part(octets(hex), 14);
        const std::size_t upper = packet.size() - 11;
        Octets other = packet;
        other[upper + 1] ^= std::byte{1};  // the source port
        EXPECT_NE(hash_of(other), hash_of(packet));
        other = packet;
        other[upper + 3] ^= std::byte{1};  // the destination port
        EXPECT_NE(hash_of(other), hash_of(packet));
    }
    EXPECT_NE(hash_of(udp4(1, 1)), hash_of(udp4(2, 1)));
}

TEST(FlowHash, IsTheSameForAllFragmentsOfAPacket) {
    EXPECT_EQ(hash_of(udp4(1, 1, true)), hash_of(udp4(1, 2, false, 8)));
}

TEST(FlowHash, OfAnExtensionChainThatCannotBeWalkedCountsTheAddresses) {
    Octets packet(41);
    Ipv6Header{.payload_size_bytes = 1,
               .next_header = IpProtocol::routing,
               .source = v6("fd00::1"),
               .destination = v6("fd00::2")}
        .write(std::span{packet}.first<40>());
    const std::uint64_t hash = hash_of(packet);
    packet[23] ^= std::byte{7};
    EXPECT_NE(hash_of(packet), hash);
}

TEST(FlowHash, AShortSegmentIsAFlowWithoutPorts) {
    Octets packet(22);
    Ipv4Header{.total_size_bytes = 22, .protocol = IpProtocol::tcp}.write(
        std::span{packet}.first<20>());
    EXPECT_EQ(hash_of(packet), hash_of(packet));
}

// 4,096 flows that differ in one port only, as the connections of one client do.
TEST(FlowHash, SpreadsFlowsOverTheDynamicPorts) {
    std::set<std::uint16_t> ports;
    std::map<unsigned, unsigned> eighths;
    for (std::uint16_t port = 0; port < 4096; ++port) {
        const std::uint16_t outer = outer_source_port(hash_of(udp4(1, port))).value();
        ASSERT_GE(outer, kOuterSourcePortMin);
        ports.insert(outer);
        ++eighths[outer % 8];
    }
    // 4,096 balls into 16,384 urns at random hit 3,624 of them; each eighth gets 512.
    EXPECT_GT(ports.size(), 3500U);
    for (const auto& [eighth, flows] : eighths) {
        EXPECT_GT(flows, 400U) << eighth;
        EXPECT_LT(flows, 624U) << eighth;
    }
}

}  // namespace
}  // namespace flatlan::tunnel
