#pragma once

#include <cstddef>
#include <cstdint>

namespace flatlan::tunnel {

/// What is left to be done on an IP packet that crosses the border between the kernel and us, in
/// either direction: to cut it into segments, to fill in its checksum. Offsets count from the start
/// of the IP header.
struct PacketOffload {
    enum class Cut : std::uint8_t { none, tcp4, tcp6, udp };

    Cut cut = Cut::none;
    std::uint16_t segment_bytes = 0;  ///< payload of each segment but the last; 0 where none is cut
    /// The field at `checksum_start + checksum_offset` holds the sum of the pseudo header alone;
    /// what is missing is the sum from `checksum_start` to the end.
    bool checksum_missing = false;
    std::uint16_t checksum_start = 0;
    std::uint16_t checksum_offset = 0;

    friend bool operator==(const PacketOffload&, const PacketOffload&) = default;
};

/// The header that stands in front of packets of TUN and packet sockets (virtio 1.2, section 5.1.6;
/// `struct virtio_net_hdr` in linux/virtio_net.h, which C++ cannot read), in the machine's byte
/// order.
struct VirtioHeader {
    static constexpr std::uint8_t kNeedsChecksum = 1;  // flags
    static constexpr std::uint8_t kCutNone = 0;        // cut: VIRTIO_NET_HDR_GSO_*
    static constexpr std::uint8_t kCutTcp4 = 1;
    static constexpr std::uint8_t kCutTcp6 = 4;
    static constexpr std::uint8_t kCutUdp = 5;
    static constexpr std::uint8_t kCutEcn = 0x80;

    std::uint8_t flags = 0;
    std::uint8_t cut = kCutNone;
    std::uint16_t header_bytes = 0;
    std::uint16_t segment_bytes = 0;
    std::uint16_t checksum_start = 0;
    std::uint16_t checksum_offset = 0;
};
static_assert(sizeof(VirtioHeader) == 10);
static_assert(offsetof(VirtioHeader, segment_bytes) == 4 &&
              offsetof(VirtioHeader, checksum_offset) == 8);

/// `link_bytes` stand between the virtio header and the IP header. What we do not know (a kind of
/// cut of later kernels) reads as no cut at all.
PacketOffload offload_from(const VirtioHeader& header, std::size_t link_bytes);
/// `header_bytes` are those from the IP header to the end of the TCP or UDP header.
VirtioHeader virtio_header_of(const PacketOffload& offload, std::size_t link_bytes,
                              std::size_t header_bytes);

}  // namespace flatlan::tunnel
