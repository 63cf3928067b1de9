#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tunnel/user/packet_offload.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

/// An IP packet as the packets of which it consists: those into which the kernel left it to be cut,
/// or itself alone. A view of the packet; nothing is copied before it is asked for.
///
/// Each has a header of its own, made here (lengths, IPv4 identification, TCP sequence and flags,
/// checksums), and a piece of the payload as it stands in the packet.
class Segments {
public:
    /// Room for the header of any segment: IPv4 or IPv6, some extensions, TCP with options.
    static constexpr std::size_t kHeaderBytesMax = 256;

    /// Drops `bad_header_length` where the offload contradicts the packet.
    static Parsed<Segments> from(std::span<const std::byte> packet, const PacketOffload& offload);

    std::size_t count() const { return count_; }
    /// Of the largest, the first one, in octets from its IP header on.
    std::size_t size_bytes_max() const { return size_bytes(0); }
    std::size_t size_bytes(std::size_t index) const {
        return header_bytes_ + payload(index).size();
    }
    std::size_t header_bytes() const { return header_bytes_; }
    std::span<const std::byte> payload(std::size_t index) const;

    /// Writes the header of a segment, of `header_bytes()`; its payload is only read.
    void write_header(std::size_t index, std::span<std::byte> out) const;
    /// Writes a whole segment: its payload is copied and summed up in one pass.
    void write(std::size_t index, std::span<std::byte> out) const;

private:
    Segments(std::span<const std::byte> packet, const PacketOffload& offload)
        : packet_{packet}, offload_{offload} {}

    template <typename Sum>
    void write_with(std::size_t index, std::span<std::byte> header, Sum sum_payload) const;
    void adapt(std::size_t index, std::span<std::byte> header) const;
    std::size_t checksum_at() const {
        return std::size_t{offload_.checksum_start} + offload_.checksum_offset;
    }

    std::span<const std::byte> packet_;
    PacketOffload offload_;
    std::size_t header_bytes_ = 0;  ///< 0 where nothing is to be changed: all of it is payload
    std::size_t step_bytes_ = 0;    ///< payload of each segment but the last
    std::size_t count_ = 1;
};

}  // namespace flatlan::tunnel
