#include "tunnel/wire/vxlan.hpp"

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/udp.hpp"

namespace flatlan::tunnel {
namespace {

TEST(Vxlan, ReadsAndWritesTheLayoutOfRfc7348) {
    expect_codec(octets("08 00 00 00 12 34 56 00"), VxlanHeader{Vni{0x123456}});
    EXPECT_EQ(to_string(VxlanHeader{Vni{7}}), "VNI 7");
}

TEST(Vxlan, IgnoresReservedBits) {
    EXPECT_EQ(*VxlanHeader::parse(octets("ff ff ff ff 12 34 56 ff")), VxlanHeader{Vni{0x123456}});
}

TEST(Vxlan, DropsAHeaderWithoutTheFlag) {
    EXPECT_EQ(VxlanHeader::parse(octets("f7 ff ff ff 12 34 56 00")).reason(),
              DropReason::vxlan_without_vni);
}

// Layer by layer through a packet of the kernel's own VXLAN device.
TEST(Vxlan, StandsWhereTheKernelPutsIt) {
    const Octets frame = octets(captured::kVxlanEchoRequest);
    const auto ethernet = EthernetHeader::parse(frame);
    ASSERT_TRUE(ethernet);
    const Octets outer = part(frame, EthernetHeader::kSizeBytes);
    const auto ip = Ipv4Header::parse(outer);
    ASSERT_TRUE(ip);
    ASSERT_EQ(ip->protocol, IpProtocol::udp);
    EXPECT_EQ(ip->source, v4("172.31.0.1"));
    const auto udp = UdpHeader::parse(ip->payload(outer));
    ASSERT_TRUE(udp);
    EXPECT_EQ(udp->destination, kVxlanPort);
    const auto vxlan = VxlanHeader::parse(ip->payload(outer).subspan(UdpHeader::kSizeBytes));
    ASSERT_TRUE(vxlan);
    EXPECT_EQ(vxlan->vni, Vni{42});
    EXPECT_EQ(part(frame, 50), octets(captured::kEchoRequest));
}

}  // namespace
}  // namespace flatlan::tunnel
