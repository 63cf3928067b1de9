#include "tunnel/user/packet_offload.hpp"

#include <gtest/gtest.h>

namespace flatlan::tunnel {
namespace {

using Cut = PacketOffload::Cut;

TEST(PacketOffload, IsTheSameOnBothSidesOfTheVirtioHeader) {
    for (const Cut cut : {Cut::none, Cut::tcp4, Cut::tcp6, Cut::udp})
        for (const std::size_t link_bytes : {std::size_t{0}, std::size_t{14}}) {
            const PacketOffload offload{
                .cut = cut,
                .segment_bytes = cut == Cut::none ? std::uint16_t{0} : std::uint16_t{1398},
                .checksum_missing = true,
                .checksum_start = 20,
                .checksum_offset = 16};
            const VirtioHeader header = virtio_header_of(offload, link_bytes, 52);
            EXPECT_EQ(header.checksum_start, 20 + link_bytes);
            EXPECT_EQ(header.header_bytes, cut == Cut::none ? 0 : 52 + link_bytes);
            EXPECT_EQ(offload_from(header, link_bytes), offload);
        }
}

TEST(PacketOffload, IsNoneInAnEmptyHeader) {
    EXPECT_EQ(offload_from(VirtioHeader{}, 14), PacketOffload{});
    const VirtioHeader header = virtio_header_of({}, 14, 52);
    EXPECT_EQ(header.flags, 0);
    EXPECT_EQ(header.cut, VirtioHeader::kCutNone);
}

TEST(PacketOffload, PassesOverMarksOfCongestionAndKindsThatItDoesNotKnow) {
    VirtioHeader header{.flags = VirtioHeader::kNeedsChecksum,
                        .cut = VirtioHeader::kCutTcp4 | VirtioHeader::kCutEcn,
                        .segment_bytes = 1398,
                        .checksum_start = 20,
                        .checksum_offset = 16};
    EXPECT_EQ(offload_from(header, 0).cut, Cut::tcp4);
    header.cut = 9;
    EXPECT_EQ(offload_from(header, 0).cut, Cut::none);
    EXPECT_EQ(offload_from(header, 0).segment_bytes, 0);
}

}  // namespace
}  // namespace flatlan::tunnel
