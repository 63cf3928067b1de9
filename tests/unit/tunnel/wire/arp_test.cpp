#include "tunnel/wire/arp.hpp"

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/ethernet.hpp"

namespace flatlan::tunnel {
namespace {

Octets request() { return part(octets(captured::kArpRequest), EthernetHeader::kSizeBytes); }

TEST(Arp, ReadsAndWritesTheKernelsRequest) {
    const ArpPacket expected{ArpOperation::request, mac("02:bb:00:00:00:01"), v4("10.244.0.1"),
                             MacAddress{}, v4("10.244.0.2")};
    expect_codec(request(), expected);
    EXPECT_EQ(to_string(expected), "ARP who has 10.244.0.2, tell 10.244.0.1");
}

TEST(Arp, ReadsAndWritesTheKernelsReply) {
    const ArpPacket expected{ArpOperation::reply, mac("02:bb:00:00:00:02"), v4("10.244.0.2"),
                             mac("02:bb:00:00:00:01"), v4("10.244.0.1")};
    expect_codec(part(octets(captured::kArpReply), EthernetHeader::kSizeBytes), expected);
    EXPECT_EQ(to_string(expected), "ARP 10.244.0.2 is at 02:bb:00:00:00:02");
}

TEST(Arp, TakesPaddingBehindThePacket) {
    EXPECT_TRUE(ArpPacket::parse(request() + Octets(18, kPoison)));
}

// Hardware type, protocol type, both lengths and the operation are fixed for IPv4 on Ethernet.
TEST(Arp, DropsWhatIsNotIpv4OnEthernet) {
    for (const std::size_t at : {0U, 1U, 2U, 3U, 4U, 5U, 6U}) {
        Octets other = request();
        other[at] ^= std::byte{0x10};
        const auto parsed = ArpPacket::parse(other);
        ASSERT_FALSE(parsed) << at;
        EXPECT_EQ(parsed.reason(), DropReason::unknown_message) << at;
    }
}

}  // namespace
}  // namespace flatlan::tunnel
