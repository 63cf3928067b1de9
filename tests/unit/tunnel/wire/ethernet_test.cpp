#include "tunnel/wire/ethernet.hpp"

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"

namespace flatlan::tunnel {
namespace {

TEST(Ethernet, ReadsAndWritesWhatTheKernelSent) {
    const EthernetHeader expected{mac("02:bb:00:00:00:02"), mac("02:bb:00:00:00:01"),
                                  EtherType::ipv4};
    expect_codec(part(octets(captured::kEchoRequest), 0, EthernetHeader::kSizeBytes), expected);
    EXPECT_EQ(to_string(expected), "02:bb:00:00:00:01 > 02:bb:00:00:00:02 IPv4");
}

TEST(Ethernet, KeepsATypeThatItDoesNotKnow) {
    Octets lldp(EthernetHeader::kSizeBytes, kPoison);
    EthernetHeader{.type = EtherType{0x88cc}}.write(
        std::span{lldp}.first<EthernetHeader::kSizeBytes>());
    EXPECT_EQ(to_string(EthernetHeader::parse(lldp)->type), "0x88cc");
}

}  // namespace
}  // namespace flatlan::tunnel
