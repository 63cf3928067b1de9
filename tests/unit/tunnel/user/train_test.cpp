#include "tunnel/user/train.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tunnel/user/large_packet.hpp"
#include "tunnel/user/segments.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kMtu = 1450;

/// The packets into which a large one is cut.
std::vector<Octets> cut(const LargePacket& large) {
    const Octets packet = large.build();
    const auto segments = Segments::from(packet, large.offload());
    std::vector<Octets> out;
    for (std::size_t i = 0; i < segments->count(); ++i) {
        out.emplace_back(segments->size_bytes(i));
        segments->write(i, out.back());
    }
    return out;
}

void start(Train& train, const Octets& packet, std::size_t segment_bytes = 0) {
    const auto header = IpPacket::parse(packet);
    ASSERT_TRUE(header);
    train.start(*header, packet, segment_bytes);
}

/// How many of the packets a train takes.
std::size_t taken(const std::vector<Octets>& packets, Train::Kinds kinds = {}) {
    Train train{kinds, kMtu};
    start(train, packets[0]);
    std::size_t count = 1;
    while (count < packets.size() && train.append(packets[count]))
        ++count;
    EXPECT_EQ(train.packets(), count);
    return count;
}

Octets joined(Train& train) {
    Octets out;
    const std::size_t header_bytes = train.header_bytes();
    const auto header = train.finish_header();
    out.assign(header.begin(), header.end());
    for (const auto packet : train.originals())
        out = out + packet.subspan(header_bytes);
    return out;
}

// What Segments cut, a Train joins to the very packet that was cut.
TEST(Train, JoinsWhatWasCut) {
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        for (const IpProtocol protocol : {IpProtocol::tcp, IpProtocol::udp})
            for (std::size_t payload = 2; payload < 9000; payload += 613) {
                SCOPED_TRACE(to_string(protocol) + " over " + std::string{to_string(family)} +
                             ", payload " + std::to_string(payload));
                const LargePacket large{.family = family,
                                        .protocol = protocol,
                                        .payload_bytes = payload,
                                        .segment_bytes = 1000};
                const auto packets = cut(large);
                Train train{{}, kMtu};
                start(train, packets[0]);
                for (std::size_t i = 1; i < packets.size(); ++i)
                    ASSERT_TRUE(train.append(packets[i])) << i;
                if (packets.size() == 1) {
                    EXPECT_EQ(train.offload(), PacketOffload{});
                    continue;
                }
                EXPECT_EQ(joined(train), large.build());
                EXPECT_EQ(train.offload(), large.offload());
            }
}

TEST(Train, EndsWithThePacketThatEndsAMessage) {
    const LargePacket pushed{.payload_bytes = 3 * 1398, .flags = TcpFlags::kAck | TcpFlags::kPsh};
    auto packets = cut(pushed);
    LargePacket next = pushed;
    next.sequence += 3 * 1398;
    next.identification = static_cast<std::uint16_t>(next.identification + 3);
    packets.push_back(cut(next)[0]);
    EXPECT_EQ(taken(packets), 3U);
}

TEST(Train, EndsWithAShorterPacket) {
    auto packets = cut({.payload_bytes = 2000});
    LargePacket next{.payload_bytes = 500};
    next.sequence += 2000;
    next.identification = static_cast<std::uint16_t>(next.identification + 2);
    packets.push_back(cut(next)[0]);
    EXPECT_EQ(taken(packets), 2U);
}

TEST(Train, LeavesOutWhatIsAnotherFlowsOrOutOfOrder) {
    const auto packets = cut({.payload_bytes = 6000});
    EXPECT_EQ(taken({packets[0], packets[2]}), 1U);
    EXPECT_EQ(taken({packets[0], packets[0]}), 1U);
    EXPECT_EQ(taken({packets[0], cut({.family = IpFamily::ipv6, .payload_bytes = 6000})[1]}), 1U);
    EXPECT_EQ(taken({packets[0], cut({.payload_bytes = 6000, .tcp_options_bytes = 16})[1]}), 1U);
}

TEST(Train, LeavesOutAPacketThatDiffersInAnyOctetOfItsHeader) {
    for (const IpProtocol protocol : {IpProtocol::tcp, IpProtocol::udp}) {
        const LargePacket large{.protocol = protocol, .payload_bytes = 3000};
        const auto packets = cut(large);
        for (std::size_t at = 0; at < large.header_bytes(); ++at) {
            // The length and the header's checksum are judged before a train sees the packet.
            if (at == 2 || at == 3 || at == 10 || at == 11) continue;
            auto changed = packets;
            changed[1][at] ^= std::byte{0x40};
            EXPECT_EQ(taken(changed), 1U) << to_string(protocol) << ", octet " << at;
        }
    }
}

TEST(Train, LeavesOutWhatIsCorrupt) {
    auto packets = cut({.payload_bytes = 6000});
    packets[2].back() ^= std::byte{1};
    EXPECT_EQ(taken(packets), 2U);
    packets[0].back() ^= std::byte{1};
    EXPECT_EQ(taken(packets), 1U);
}

TEST(Train, LeavesAKindAloneThatTheKernelDoesNotTake) {
    const auto tcp = cut({});
    const auto udp = cut({.protocol = IpProtocol::udp});
    EXPECT_EQ(taken(tcp, {.tcp = false, .udp = true}), 1U);
    EXPECT_EQ(taken(udp, {.tcp = false, .udp = true}), 4U);
    EXPECT_EQ(taken(udp, {.tcp = true, .udp = false}), 1U);
}

TEST(Train, LeavesDatagramsWithoutChecksumAlone) {
    auto packets = cut({.protocol = IpProtocol::udp});
    for (Octets& packet : packets)
        packet[26] = packet[27] = std::byte{0};
    EXPECT_EQ(taken(packets), 1U);
}

TEST(Train, IsNoLargerThanAnIpPacketCanBe) {
    const auto first = cut({.payload_bytes = 60'000});
    LargePacket more{.payload_bytes = 20'000};
    more.sequence += 60'000;
    std::vector<Octets> packets{first.begin(), first.end() - 1};
    LargePacket rest = more;
    rest.sequence = LargePacket{}.sequence + static_cast<std::uint32_t>(packets.size() * 1398);
    rest.identification = static_cast<std::uint16_t>(rest.identification + packets.size());
    for (const Octets& packet : cut(rest))
        packets.push_back(packet);
    const std::size_t fits = (Train::kSizeBytesMax - 52) / 1398;
    EXPECT_EQ(taken(packets), fits);
}

// From a kernel's tunnel on the same machine: nothing on the way filled in the checksum.
TEST(Train, HandsOnAPacketThatLacksItsChecksumAsSuch) {
    const LargePacket small{.payload_bytes = 100};
    Train train{{}, kMtu};
    const Octets packet = small.build();
    start(train, packet);
    EXPECT_EQ(
        train.offload(),
        (PacketOffload{.checksum_missing = true, .checksum_start = 20, .checksum_offset = 16}));
    EXPECT_FALSE(train.append(packet));
}

TEST(Train, HandsOnAPacketThatWasNeverCutAsSuch) {
    LargePacket large{.payload_bytes = 20'000};
    Train tcp{{}, kMtu};
    const Octets packet = large.build();
    start(tcp, packet);
    large.segment_bytes = kMtu - 52;
    EXPECT_EQ(tcp.offload(), large.offload());

    const LargePacket datagrams{.protocol = IpProtocol::udp, .payload_bytes = 20'000};
    Train udp{{}, kMtu};
    const Octets uncut = datagrams.build();
    start(udp, uncut, 700);
    EXPECT_EQ(udp.offload().segment_bytes, 700U);
    EXPECT_EQ(udp.offload().cut, PacketOffload::Cut::udp);
}

}  // namespace
}  // namespace flatlan::tunnel
