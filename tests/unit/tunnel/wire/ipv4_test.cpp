#include "tunnel/wire/ipv4.hpp"

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/checksum.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kEthernetBytes = 14;

Octets packet() { return part(octets(captured::kEchoRequest), kEthernetBytes); }

/// Makes the header checksum right again after a test changed the header.
void repair(Octets& packet, std::size_t header_size_bytes = 20) {
    packet[10] = packet[11] = std::byte{0};
    const std::uint16_t sum = internet_checksum(std::span{packet}.first(header_size_bytes));
    packet[10] = static_cast<std::byte>(sum >> 8U);
    packet[11] = static_cast<std::byte>(sum);
}

TEST(Ipv4, ReadsAndWritesWhatTheKernelSent) {
    const Ipv4Header expected{.total_size_bytes = 84,
                              .identification = 0xe08e,
                              .dont_fragment = true,
                              .ttl = 64,
                              .protocol = IpProtocol::icmp,
                              .source = v4("10.244.0.1"),
                              .destination = v4("10.244.0.2")};
    expect_codec(
        part(packet(), 0, Ipv4Header::kSizeBytes), expected,
        [](auto octets) { return Ipv4Header::parse_quoted(octets); },
        [](const Ipv4Header& header, std::span<std::byte> out) {
            header.write(out.first<Ipv4Header::kSizeBytes>());
        });
    EXPECT_EQ(to_string(expected),
              "10.244.0.1 > 10.244.0.2 ICMP, 84 octets, TTL 64, DSCP 0 not-ECT, not to be "
              "fragmented");
}

TEST(Ipv4, NeedsTheWholePacketUnlessItIsQuoted) {
    const Octets whole = packet();
    ASSERT_TRUE(Ipv4Header::parse(whole));
    EXPECT_EQ(Ipv4Header::parse(whole)->payload(whole).size(), 64U);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Octets cut = part(whole, 0, size);
        const auto parsed = Ipv4Header::parse(cut);
        ASSERT_FALSE(parsed) << size;
        EXPECT_EQ(parsed.reason(),
                  size < 20 ? DropReason::truncated : DropReason::bad_payload_length);
        EXPECT_EQ(static_cast<bool>(Ipv4Header::parse_quoted(cut)), size >= 20) << size;
    }
}

TEST(Ipv4, LeavesPaddingOutOfThePayload) {
    const Octets padded = packet() + Octets(6, kPoison);
    EXPECT_EQ(Ipv4Header::parse(padded)->payload(padded).size(), 64U);
}

TEST(Ipv4, PassesOverOptionsOfEveryLength) {
    for (std::size_t words = 0; words <= 10; ++words) {
        const std::size_t header_size = 20 + 4 * words;
        Octets with = part(packet(), 0, 20) + Octets(4 * words, std::byte{1}) + part(packet(), 20);
        with[0] = static_cast<std::byte>(0x45 + words);
        with[3] = static_cast<std::byte>(with.size());
        repair(with, header_size);
        const auto parsed = Ipv4Header::parse(with);
        ASSERT_TRUE(parsed) << words;
        EXPECT_EQ(parsed->header_size_bytes, header_size);
        EXPECT_EQ(parsed->payload(with)[0], std::byte{8});  // the echo request's type

        const auto cut = Ipv4Header::parse_quoted(part(with, 0, header_size - 1));
        ASSERT_FALSE(cut);
        EXPECT_EQ(cut.reason(), DropReason::truncated);
    }
}

TEST(Ipv4, DropsWhatContradictsItself) {
    const auto reason_with = [](std::size_t at, int value) {
        Octets changed = packet();
        changed[at] = static_cast<std::byte>(value);
        repair(changed);
        const auto parsed = Ipv4Header::parse(changed);
        return parsed ? "read" : std::string{to_string(parsed.reason())};
    };
    EXPECT_EQ(reason_with(0, 0x65), "wrong_version");
    EXPECT_EQ(reason_with(0, 0x44), "bad_header_length");
    EXPECT_EQ(reason_with(3, 19), "bad_payload_length");
    EXPECT_EQ(reason_with(3, 85), "bad_payload_length");
    EXPECT_EQ(reason_with(3, 20), "read");
}

TEST(Ipv4, DropsEveryHeaderWithOneFlippedBit) {
    for (std::size_t bit = 0; bit < 160; ++bit) {
        Octets flipped = packet();
        flipped[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        EXPECT_FALSE(Ipv4Header::parse(flipped)) << bit;
    }
}

TEST(Ipv4, IgnoresTheReservedBitAndWritesItAsZero) {
    Octets reserved = packet();
    reserved[6] |= std::byte{0x80};
    repair(reserved);
    const auto parsed = Ipv4Header::parse(reserved);
    ASSERT_TRUE(parsed);
    Octets written(20, kPoison);
    parsed->write(std::span{written}.first<20>());
    EXPECT_EQ(written, part(packet(), 0, 20));
}

TEST(Ipv4, KnowsFragmentsByOffsetAndByMoreToFollow) {
    Ipv4Header header{.total_size_bytes = 28,
                      .more_fragments = true,
                      .fragment_offset_bytes = 1480,
                      .ttl = 1,
                      .protocol = IpProtocol::udp};
    Octets written(28, std::byte{0});
    header.write(std::span{written}.first<20>());
    EXPECT_EQ(part(written, 6, 2), octets("20 b9"));
    EXPECT_EQ(*Ipv4Header::parse(written), header);
    EXPECT_TRUE(header.is_fragment());
    header.more_fragments = false;
    EXPECT_TRUE(header.is_fragment());
    header.fragment_offset_bytes = 0;
    EXPECT_FALSE(header.is_fragment());
}

TEST(Ipv4, ReadsEveryTrafficClass) {
    for (unsigned octet = 0; octet < 256; ++octet) {
        const auto traffic_class = TrafficClass::from_octet(static_cast<std::uint8_t>(octet));
        EXPECT_EQ(traffic_class.octet(), octet);
        EXPECT_EQ(traffic_class.dscp.value(), octet / 4);
    }
    EXPECT_EQ(to_string(TrafficClass::from_octet(0xbb)), "DSCP 46 CE");
}

}  // namespace
}  // namespace flatlan::tunnel
