#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "overlay/base/network_values.hpp"
#include "overlay/probe/lane.hpp"

/// The tagged packet: what is sent, and how it is known again wherever it is seen.
namespace flatlan::trace {

/// What is said of a packet by its part in the exchange.
enum class PacketKind : std::uint8_t { request, answer, error };

/// How packets of one trace are told from all others: ICMP and UDP by a tag at the start of what
/// they carry, TCP by its ports until its first sequence number is known, then by that, which
/// nobody on the way rewrites.
struct Trail {
    probe::Protocol protocol = probe::Protocol::icmp;
    std::uint64_t tag = 0;  ///< drawn by chance
    Port source = Port::any();
    Port destination = Port::any();
    Port tunnel_port = kVxlanPort;
    std::optional<IpAddress> near_endpoint{};  ///< of the tunnel, on the sender's side
    std::optional<std::uint32_t> first_sequence{};
};

/// What an ICMP or UDP packet of a trace carries, in network order:
///
///     octet 0..7  8     9         10..15
///     +---------+------+--------+----------+
///     | tag     | kind | number | reserved |
///     +---------+------+--------+----------+
///
/// A large one is filled up with zeros.
struct TagPayload {
    static constexpr std::size_t kSizeBytes = 16;
    std::uint64_t tag = 0;
    PacketKind kind = PacketKind::request;
    std::uint8_t number = 0;

    void write(std::span<std::byte> out) const;
    /// Empty when the octets are too few.
    static std::optional<TagPayload> parse(std::span<const std::byte> octets);
};

/// A packet of a trace, as it passed a device.
struct SeenPacket {
    PacketKind kind = PacketKind::request;
    bool outer = false;  ///< it was inside a tunnel's packet
    Endpoint source;     ///< of the packet itself; no port for ICMP
    Endpoint destination;
    std::uint8_t ttl = 0;
    std::uint32_t size_bytes = 0;  ///< from the IP header on
    std::uint8_t number = 0;       ///< of the probe; 0 for TCP
    std::uint16_t checksum = 0;    ///< of the upper header, as it stands
    std::optional<Endpoint> outer_source{};
    std::optional<Endpoint> outer_destination{};
    std::uint8_t error_type = 0;  ///< of an ICMP error
    std::uint8_t error_code = 0;
    std::uint32_t tcp_sequence = 0;
    bool tcp_reset = false;
};

/// What precedes the IP header of what was captured.
enum class LinkLayer : std::uint8_t { ethernet, none };

/// Empty when it is none of the trace.
std::optional<SeenPacket> read_frame(std::span<const std::byte> frame, LinkLayer layer,
                                     const Trail& trail);

}  // namespace flatlan::trace
