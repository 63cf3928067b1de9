#include "tunnel/user/packet_offload.hpp"

namespace flatlan::tunnel {
namespace {

PacketOffload::Cut cut_from(std::uint8_t type) {
    switch (type & ~unsigned{VirtioHeader::kCutEcn}) {
        case VirtioHeader::kCutTcp4:
            return PacketOffload::Cut::tcp4;
        case VirtioHeader::kCutTcp6:
            return PacketOffload::Cut::tcp6;
        case VirtioHeader::kCutUdp:
            return PacketOffload::Cut::udp;
        default:
            return PacketOffload::Cut::none;
    }
}

std::uint8_t type_of(PacketOffload::Cut cut) {
    switch (cut) {
        case PacketOffload::Cut::tcp4:
            return VirtioHeader::kCutTcp4;
        case PacketOffload::Cut::tcp6:
            return VirtioHeader::kCutTcp6;
        case PacketOffload::Cut::udp:
            return VirtioHeader::kCutUdp;
        case PacketOffload::Cut::none:
            break;
    }
    return VirtioHeader::kCutNone;
}

}  // namespace

PacketOffload offload_from(const VirtioHeader& header, std::size_t link_bytes) {
    PacketOffload offload;
    if ((header.flags & VirtioHeader::kNeedsChecksum) != 0 && header.checksum_start >= link_bytes) {
        offload.checksum_missing = true;
        offload.checksum_start = static_cast<std::uint16_t>(header.checksum_start - link_bytes);
        offload.checksum_offset = header.checksum_offset;
        offload.cut = cut_from(header.cut);
        if (offload.cut != PacketOffload::Cut::none) offload.segment_bytes = header.segment_bytes;
    }
    return offload;
}

VirtioHeader virtio_header_of(const PacketOffload& offload, std::size_t link_bytes,
                              std::size_t header_bytes) {
    VirtioHeader header{};
    if (!offload.checksum_missing) return header;
    header.flags = VirtioHeader::kNeedsChecksum;
    header.checksum_start = static_cast<std::uint16_t>(offload.checksum_start + link_bytes);
    header.checksum_offset = offload.checksum_offset;
    header.cut = type_of(offload.cut);
    if (offload.cut != PacketOffload::Cut::none) {
        header.segment_bytes = offload.segment_bytes;
        header.header_bytes = static_cast<std::uint16_t>(header_bytes + link_bytes);
    }
    return header;
}

}  // namespace flatlan::tunnel
