#include "tunnel/wire/udp.hpp"

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"

namespace flatlan::tunnel {
namespace {

TEST(Udp, ReadsAndWritesWhatTheKernelSent) {
    const Octets datagram = part(octets(captured::kUdp), 34);
    const UdpHeader expected{Port{35100}, Port{9}, 11, 0xee5e};
    EXPECT_EQ(*UdpHeader::parse(datagram), expected);
    EXPECT_EQ(to_string(expected), "35100 > 9, 11 octets");
    for (std::size_t size = 0; size < datagram.size(); ++size)
        EXPECT_FALSE(UdpHeader::parse(part(datagram, 0, size))) << size;
    Octets written(8, kPoison);
    expected.write(std::span{written}.first<8>());
    EXPECT_EQ(written, part(datagram, 0, 8));
}

TEST(Udp, ReadsADatagramWithoutPayload) {
    expect_codec(octets("00 01 00 02 00 08 00 00"), UdpHeader{Port{1}, Port{2}, 8, 0});
}

TEST(Udp, DropsALengthUnderItsOwnHeader) {
    EXPECT_EQ(UdpHeader::parse(octets("00 01 00 02 00 07 00 00")).reason(),
              DropReason::bad_payload_length);
}

TEST(Udp, NeverSendsTheChecksumThatMeansNone) {
    InternetChecksum sum;
    sum.add_u16(0xffff);
    ASSERT_EQ(sum.value(), 0);
    EXPECT_EQ(udp_checksum(sum), 0xffff);
    sum.add_u16(1);
    EXPECT_EQ(udp_checksum(sum), sum.value());
}

}  // namespace
}  // namespace flatlan::tunnel
