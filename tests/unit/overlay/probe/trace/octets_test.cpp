#include <gtest/gtest.h>

#include "overlay/base/bytes.hpp"
#include "overlay/probe/trace/frame.hpp"
#include "overlay/probe/trace/pcapng.hpp"
#include "overlay/probe/trace/ruleset.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::trace {
namespace {

using Octets = std::vector<std::byte>;

constexpr std::uint64_t kTag = 0x1234'5678'9abc'def0;
const Trail kTrail{.protocol = probe::Protocol::udp, .tag = kTag};

/// An IPv4 packet with UDP inside that carries `payload`.
Octets udp_packet(std::uint16_t to_port, const Octets& payload) {
    Octets packet(28 + payload.size());
    tunnel::Ipv4Header header{.total_size_bytes = static_cast<std::uint16_t>(packet.size()),
                              .ttl = 63,
                              .protocol = tunnel::IpProtocol::udp,
                              .source = Ipv4Address{0x0af4'0001},
                              .destination = Ipv4Address{0x0af4'0042}};
    header.write(std::span{packet}.first<20>());
    ByteWriter to{std::span{packet}.subspan(20)};
    to.u16(40000);
    to.u16(to_port);
    to.u16(static_cast<std::uint16_t>(8 + payload.size()));
    to.u16(0xbeef);
    to.bytes(payload);
    return packet;
}

Octets tagged(PacketKind kind) {
    Octets payload(TagPayload::kSizeBytes);
    TagPayload{kTag, kind, 3}.write(payload);
    return payload;
}

TEST(ReadFrame, KnowsAPacketByItsTag) {
    const auto seen =
        read_frame(udp_packet(5000, tagged(PacketKind::answer)), LinkLayer::none, kTrail);
    ASSERT_TRUE(seen.has_value());
    EXPECT_EQ(seen->kind, PacketKind::answer);
    EXPECT_EQ(to_string(seen->source), "10.244.0.1:40000");
    EXPECT_EQ(to_string(seen->destination), "10.244.0.66:5000");
    EXPECT_EQ(seen->ttl, 63);
    EXPECT_EQ(seen->number, 3);
    EXPECT_EQ(seen->checksum, 0xbeef);
    EXPECT_FALSE(seen->outer);
    EXPECT_FALSE(read_frame(udp_packet(5000, Octets(16)), LinkLayer::none, kTrail).has_value());
}

TEST(ReadFrame, LooksInsideTheTunnel) {
    const Octets inner = udp_packet(5000, tagged(PacketKind::request));
    Octets frame(tunnel::VxlanHeader::kSizeBytes + tunnel::EthernetHeader::kSizeBytes);
    tunnel::VxlanHeader{Vni{1}}.write(std::span{frame}.first<8>());
    frame.insert(frame.end(), inner.begin(), inner.end());
    const auto seen = read_frame(udp_packet(4789, frame), LinkLayer::none, kTrail);
    ASSERT_TRUE(seen.has_value());
    EXPECT_TRUE(seen->outer);
    EXPECT_EQ(seen->destination.port, Port{5000});
    EXPECT_EQ(seen->outer_destination->port, kVxlanPort);
}

TEST(ReadFrame, SurvivesEveryTruncation) {
    const Octets packet = udp_packet(5000, tagged(PacketKind::request));
    for (std::size_t size = 0; size < packet.size(); ++size)
        EXPECT_FALSE(read_frame(std::span{packet}.first(size), LinkLayer::none, kTrail)) << size;
}

TEST(Ruleset, FindsRulesByTheirHandles) {
    const Ruleset rules = Ruleset::from_text(
        "table ip filter { # handle 1\n"
        "\tchain FORWARD { # handle 2\n"
        "\t\ttype filter hook forward priority filter; policy accept;\n"
        "\t\tip daddr 10.244.0.66 counter drop # handle 4\n"
        "\t}\n}\n"
        "table inet other { # handle 2\n"
        "\tchain c { # handle 1\n\t\tmeta l4proto udp accept # handle 4\n\t}\n}\n");
    EXPECT_EQ(rules.rule("ip", "filter", 4), "ip daddr 10.244.0.66 counter drop");
    EXPECT_EQ(rules.rule("inet", "other", 4), "meta l4proto udp accept");
    EXPECT_EQ(rules.rule("ip", "filter", 9), "");
}

TEST(Pcapng, NamesEachInterfaceOnce) {
    PcapngFile file;
    const Octets packet(5);
    file.add("node/n1 eth0", LinkLayer::ethernet, true, std::chrono::seconds{1}, packet);
    const std::size_t first = file.bytes().size();
    file.add("node/n1 eth0", LinkLayer::ethernet, false, std::chrono::seconds{2}, packet);
    // A packet block: 28 octets, five of packet padded to eight, flags 8, end 4, length 4.
    EXPECT_EQ(file.bytes().size() - first, 28U + 8 + 8 + 4 + 4);
    EXPECT_EQ(file.bytes().size() % 4, 0U);
}

}  // namespace
}  // namespace flatlan::trace
