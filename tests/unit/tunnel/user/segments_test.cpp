#include "tunnel/user/segments.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tunnel/user/large_packet.hpp"

namespace flatlan::tunnel {
namespace {

struct Kind {
    IpFamily family;
    IpProtocol protocol;
};

class SegmentsOf : public testing::TestWithParam<Kind> {
protected:
    static LargePacket large() {
        return {.family = GetParam().family, .protocol = GetParam().protocol};
    }
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, SegmentsOf,
    testing::Values(Kind{IpFamily::ipv4, IpProtocol::tcp}, Kind{IpFamily::ipv6, IpProtocol::tcp},
                    Kind{IpFamily::ipv4, IpProtocol::udp}, Kind{IpFamily::ipv6, IpProtocol::udp}),
    [](const auto& test) {
        return std::string{to_string(test.param.family)} + to_string(test.param.protocol);
    });

Octets written(const Segments& segments, std::size_t index) {
    Octets out(segments.size_bytes(index), kPoison);
    segments.write(index, out);
    return out;
}

TEST_P(SegmentsOf, AreThePacketsThatASenderWithoutOffloadMakes) {
    const LargePacket large = SegmentsOf::large();
    const Octets packet = large.build();
    const auto segments = Segments::from(packet, large.offload());
    ASSERT_TRUE(segments);
    ASSERT_EQ(segments->count(), 4U);
    EXPECT_EQ(segments->size_bytes_max(), large.header_bytes() + 1398);
    for (std::size_t i = 0; i < 4; ++i) {
        SCOPED_TRACE(i);
        LargePacket alone = large;
        alone.payload_bytes = i < 3 ? 1398 : 5000 - 3 * 1398;
        alone.sequence += static_cast<std::uint32_t>(i * 1398);
        alone.identification = static_cast<std::uint16_t>(large.identification + i);
        alone.first_octet = static_cast<std::uint8_t>(1 + i * 1398);
        EXPECT_EQ(written(*segments, i), alone.build_whole());
    }
}

TEST_P(SegmentsOf, HaveTheSameHeaderWhetherTheirPayloadIsCopiedOrNot) {
    const LargePacket large = SegmentsOf::large();
    const Octets packet = large.build();
    const auto segments = Segments::from(packet, large.offload());
    ASSERT_TRUE(segments);
    for (std::size_t i = 0; i < segments->count(); ++i) {
        Octets header(segments->header_bytes(), kPoison);
        segments->write_header(i, header);
        EXPECT_EQ(header + segments->payload(i), written(*segments, i));
    }
}

TEST_P(SegmentsOf, APacketThatOnlyLacksItsChecksumAreThatPacketWithIt) {
    const LargePacket small{
        .family = GetParam().family, .protocol = GetParam().protocol, .payload_bytes = 333};
    PacketOffload offload = small.offload();
    offload.cut = PacketOffload::Cut::none;
    offload.segment_bytes = 0;
    const Octets packet = small.build();
    const auto segments = Segments::from(packet, offload);
    ASSERT_TRUE(segments);
    ASSERT_EQ(segments->count(), 1U);
    EXPECT_EQ(written(*segments, 0), small.build_whole());
}

TEST_P(SegmentsOf, APacketWithoutOffloadAreThatPacket) {
    const Octets packet = SegmentsOf::large().build_whole();
    const auto segments = Segments::from(packet, {});
    ASSERT_TRUE(segments);
    ASSERT_EQ(segments->count(), 1U);
    EXPECT_EQ(written(*segments, 0), packet);
}

TEST_P(SegmentsOf, AnyTruncatedPacketStayInsideIt) {
    const LargePacket large = SegmentsOf::large();
    const Octets packet = large.build();
    for (std::size_t size = 0; size < large.header_bytes() + 3; ++size) {
        SCOPED_TRACE(size);
        const Octets part(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
        const auto segments = Segments::from(part, large.offload());
        ASSERT_EQ(static_cast<bool>(segments), size >= large.header_bytes());
        if (segments) written(*segments, segments->count() - 1);
    }
}

TEST(Segments, EndAMessageWithTheLastAndTellAReductionWithTheFirst) {
    const LargePacket large{.flags =
                                TcpFlags::kAck | TcpFlags::kPsh | TcpFlags::kFin | TcpFlags::kCwr};
    const Octets packet = large.build();
    const auto segments = Segments::from(packet, large.offload());
    ASSERT_TRUE(segments);
    const auto flags = [&](std::size_t index) {
        return std::to_integer<unsigned>(
            written(*segments, index)[large.ip_bytes() + TcpHeader::kFlagsAt]);
    };
    EXPECT_EQ(flags(0), unsigned{TcpFlags::kAck | TcpFlags::kCwr});
    EXPECT_EQ(flags(1), unsigned{TcpFlags::kAck});
    EXPECT_EQ(flags(3), unsigned{TcpFlags::kAck | TcpFlags::kPsh | TcpFlags::kFin});
}

TEST(Segments, AreRefusedWhereTheOffloadContradictsThePacket) {
    const LargePacket large;
    const Octets packet = large.build();
    PacketOffload no_size = large.offload();
    no_size.segment_bytes = 0;
    PacketOffload inside_ip = large.offload();
    inside_ip.checksum_start = 8;
    PacketOffload behind = large.offload();
    behind.checksum_offset = 60'000;
    for (const PacketOffload& wrong : {no_size, inside_ip, behind})
        EXPECT_EQ(Segments::from(packet, wrong).reason(), DropReason::bad_header_length);
    EXPECT_EQ(Segments::from({}, {}).reason(), DropReason::truncated);
}

}  // namespace
}  // namespace flatlan::tunnel
