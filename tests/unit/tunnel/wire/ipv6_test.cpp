#include "tunnel/wire/ipv6.hpp"

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/ipv6_extensions.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kEthernetBytes = 14;

Octets packet() { return part(octets(captured::kEcho6Request), kEthernetBytes); }

TEST(Ipv6, ReadsAndWritesWhatTheKernelSent) {
    const Ipv6Header expected{.flow_label = 0x1c6af,
                              .payload_size_bytes = 64,
                              .next_header = IpProtocol::icmpv6,
                              .hop_limit = 64,
                              .source = v6("fd00:10:244::1"),
                              .destination = v6("fd00:10:244::2")};
    expect_codec(
        part(packet(), 0, Ipv6Header::kSizeBytes), expected,
        [](auto octets) { return Ipv6Header::parse_quoted(octets); },
        [](const Ipv6Header& header, std::span<std::byte> out) {
            header.write(out.first<Ipv6Header::kSizeBytes>());
        });
    EXPECT_EQ(to_string(expected),
              "fd00:10:244::1 > fd00:10:244::2 ICMPv6, 104 octets, hop limit 64, DSCP 0 not-ECT");
}

TEST(Ipv6, NeedsTheWholePacketUnlessItIsQuoted) {
    const Octets whole = packet();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto parsed = Ipv6Header::parse(part(whole, 0, size));
        ASSERT_FALSE(parsed) << size;
        EXPECT_EQ(parsed.reason(),
                  size < 40 ? DropReason::truncated : DropReason::bad_payload_length);
    }
    EXPECT_TRUE(Ipv6Header::parse(whole));
    EXPECT_TRUE(Ipv6Header::parse(whole + Octets(4, kPoison)));
}

TEST(Ipv6, DropsAnotherVersion) {
    Octets other = packet();
    other[0] = std::byte{0x40};
    EXPECT_EQ(Ipv6Header::parse(other).reason(), DropReason::wrong_version);
}

TEST(Ipv6, KeepsTrafficClassAndFlowLabelApart) {
    const Ipv6Header header{.traffic_class = TrafficClass::from_octet(0xff), .flow_label = 0xfffff};
    Octets written(40, kPoison);
    header.write(std::span{written}.first<40>());
    EXPECT_EQ(part(written, 0, 4), octets("6f ff ff ff"));
    EXPECT_EQ(*Ipv6Header::parse(written), header);
    const Ipv6Header other{.traffic_class = TrafficClass::from_octet(0xb8)};
    other.write(std::span{written}.first<40>());
    EXPECT_EQ(part(written, 0, 4), octets("6b 80 00 00"));
}

TEST(Ipv6Fragment, ReadsAndWritesTheLayoutOfRfc8200) {
    const Ipv6FragmentHeader expected{IpProtocol::udp, 1448, true, 0x01020304};
    expect_codec(octets("11 00 05 a9 01 02 03 04"), expected);
    EXPECT_EQ(to_string(expected), "fragment at 1448, more follow, of UDP 16909060");
    // Reserved octet and bits are ignored.
    EXPECT_EQ(*Ipv6FragmentHeader::parse(octets("11 ff 05 af 01 02 03 04")), expected);
}

/// An IPv6 packet whose first next-header field is `first` and which goes on with `rest`.
Octets chain(IpProtocol first, const Octets& rest) {
    const Ipv6Header header{.payload_size_bytes = static_cast<std::uint16_t>(rest.size()),
                            .next_header = first,
                            .hop_limit = 64};
    Octets packet(40);
    header.write(std::span{packet}.first<40>());
    return packet + rest;
}

Parsed<Ipv6Upper> walk(const Octets& packet) {
    const auto header = Ipv6Header::parse_quoted(packet);
    return find_ipv6_upper(*header, packet);
}

TEST(Ipv6Extensions, FindsTheUpperHeaderOfAPacketWithoutAny) {
    EXPECT_EQ(*walk(packet()), (Ipv6Upper{IpProtocol::icmpv6, 40, std::nullopt}));
}

TEST(Ipv6Extensions, WalksOverEachKindByItsOwnMeasure) {
    const Octets hop_by_hop = octets("3c 00 01 04 00 00 00 00");  // 8 octets, then dest
    const Octets destination = octets("2b 01") + Octets(14);      // 16, then routing
    const Octets routing = octets("33 02") + Octets(22);          // 24, then AH
    const Octets authentication = octets("2c 04") + Octets(22);   // (4+2)*4 = 24, then frag
    const Octets fragment = octets("11 00 00 01 00 00 00 07");    // the first of several
    const Octets udp = octets("00 01 00 02 00 08 00 00");
    const Octets whole = chain(IpProtocol::hop_by_hop, hop_by_hop + destination + routing +
                                                           authentication + fragment + udp);
    const auto upper = walk(whole);
    ASSERT_TRUE(upper) << to_string(upper.reason());
    EXPECT_EQ(upper->protocol, IpProtocol::udp);
    EXPECT_EQ(upper->offset_bytes, 40U + 8 + 16 + 24 + 24 + 8);
    EXPECT_EQ(upper->fragment, (Ipv6FragmentHeader{IpProtocol::udp, 0, true, 7}));
    EXPECT_TRUE(upper->has_header());

    // Cut anywhere inside an extension header: no guess. Cut behind them: found.
    for (std::size_t size = 40; size < whole.size(); ++size) {
        const auto cut = walk(part(whole, 0, size));
        ASSERT_EQ(static_cast<bool>(cut), size >= 120) << size;
        if (!cut) {
            EXPECT_EQ(cut.reason(), DropReason::truncated) << size;
        }
    }
}

TEST(Ipv6Extensions, StopsAtALaterFragmentWhichHasNoUpperHeader) {
    // What follows would read as a hop-by-hop header that runs over the packet's end.
    const auto upper = walk(chain(IpProtocol::fragment, octets("00 00 00 08 00 00 00 07 11 ff")));
    ASSERT_TRUE(upper);
    EXPECT_FALSE(upper->has_header());
    EXPECT_EQ(upper->offset_bytes, 48U);
}

TEST(Ipv6Extensions, DoesNotReadBeyondThePayloadLength) {
    Octets padded = chain(IpProtocol::destination_options, octets("11 00 00 00 00 00 00 00"));
    padded[5] = std::byte{7};  // the payload is one octet shorter than the extension header
    EXPECT_EQ(walk(padded).reason(), DropReason::truncated);
}

TEST(Ipv6Extensions, WalksThroughAsManyAsTheLimitAndNotOneMore) {
    const Octets one = octets("3c 00 01 04 00 00 00 00");
    const Octets last = octets("11 00 01 04 00 00 00 00");
    Octets many;
    for (std::size_t i = 1; i < kIpv6ExtensionsMax; ++i)
        many = many + one;
    EXPECT_EQ(walk(chain(IpProtocol::destination_options, many + last))->protocol, IpProtocol::udp);
    EXPECT_EQ(walk(chain(IpProtocol::destination_options, many + one + last)).reason(),
              DropReason::too_many_headers);
}

}  // namespace
}  // namespace flatlan::tunnel
