#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "overlay/base/fixed_vector.hpp"
#include "tunnel/engine/ip_packet.hpp"
#include "tunnel/user/packet_offload.hpp"

namespace flatlan::tunnel {

/// IP packets of one flow that arrived one after the other and are handed to the kernel as one
/// large packet: the opposite of Segments, by the rules of the kernel's own (tcp_gro_receive,
/// udp_gro_receive). What the kernel cuts out of it again are the packets that came. A view of the
/// packets.
///
/// Only packets whose checksum holds are joined. One whose checksum field holds no more than the
/// sum of its pseudo header comes from a kernel on this machine that left the rest to a device
/// which never was (an overlay's packets over veth): it is handed on as what it is.
class Train {
public:
    static constexpr std::size_t kPacketsMax = 128;
    static constexpr std::size_t kSizeBytesMax = 65'535;
    static constexpr std::size_t kHeaderBytesMax = 100;  // IPv6 40, TCP with options 60

    /// Which kinds are joined at all.
    struct Kinds {
        bool tcp = true;
        bool udp = true;
    };

    /// `packet_bytes_max` is the MTU of the flat network; a larger packet is one that was never
    /// cut.
    Train(Kinds kinds, std::size_t packet_bytes_max)
        : kinds_{kinds}, packet_bytes_max_{packet_bytes_max} {}

    bool empty() const { return packets_.empty(); }
    std::size_t packets() const { return packets_.size(); }
    /// The first packet. The train is empty; `segment_bytes` is, of a packet that was never cut,
    /// what the kernel says of its segments, or 0.
    void start(const IpPacket& header, std::span<const std::byte> packet,
               std::size_t segment_bytes);
    /// Whether the packet is the train's next one; then it is part of it.
    bool append(std::span<const std::byte> packet);
    void clear();

    /// The packets as they came.
    std::span<const std::span<const std::byte>> originals() const {
        return {packets_.begin(), packets_.size()};
    }
    /// Makes the large packet: its header, to be followed by the payloads of all packets, which
    /// start `header_bytes()` behind their beginnings. Once, at the end; a train of one packet has
    /// no header of its own.
    std::span<const std::byte> finish_header();
    std::size_t header_bytes() const { return header_bytes_; }
    PacketOffload offload() const;

private:
    enum class Kind : std::uint8_t { alone, tcp, udp };

    bool continues(std::span<const std::byte> packet) const;
    bool same_ip(std::span<const std::byte> packet) const;
    bool same_tcp(std::span<const std::byte> packet) const;

    Kinds kinds_;
    std::size_t packet_bytes_max_;
    FixedVector<std::span<const std::byte>, kPacketsMax> packets_;
    Kind kind_ = Kind::alone;
    bool ipv4_ = true;
    bool open_ = false;              ///< another packet may follow
    bool checksum_missing_ = false;  ///< of a packet alone
    std::uint8_t checksum_offset_ = 0;
    std::size_t ip_bytes_ = 0;      ///< of the IP header
    std::size_t header_bytes_ = 0;  ///< with TCP's or UDP's
    std::size_t segment_bytes_ = 0;
    std::size_t size_bytes_ = 0;  ///< of the large packet
    std::array<std::byte, kHeaderBytesMax> header_{};
};

}  // namespace flatlan::tunnel
