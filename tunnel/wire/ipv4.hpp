#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "overlay/base/ip_address.hpp"
#include "tunnel/wire/ip_protocol.hpp"
#include "tunnel/wire/parsed.hpp"
#include "tunnel/wire/traffic_class.hpp"

namespace flatlan::tunnel {

/// The IPv4 header (RFC 791, section 3.1).
///
///      octet 0          1               2               3
///     +-------+-------+---------------+-------------------------------+
///     |   4   | IHL   | traffic class |         total length          |
///     +-------+-------+---------------+-+-+-+-------------------------+
///     |        identification         |0|D|M|     fragment offset     |
///     +---------------+---------------+-+-+-+-------------------------+
///     |      TTL      |   protocol    |            checksum           |
///     +---------------+---------------+-------------------------------+
///     |                            source                             |
///     +---------------------------------------------------------------+
///     |                          destination                          |
///     +---------------------------------------------------------------+
///     |           options, up to a header length of 60 octets         |
///     +---------------------------------------------------------------+
struct Ipv4Header {
    static constexpr std::size_t kSizeBytes = 20;      ///< without options
    static constexpr std::size_t kSizeBytesMax = 60;   ///< with as many as there may be
    static constexpr std::size_t kTrafficClassAt = 1;  ///< octets from the start of the header
    static constexpr std::size_t kFragmentAt = 6;
    static constexpr std::size_t kTtlAt = 8;
    static constexpr std::size_t kChecksumAt = 10;

    TrafficClass traffic_class{};
    std::uint8_t header_size_bytes = kSizeBytes;  ///< options included; a multiple of 4
    std::uint16_t total_size_bytes = kSizeBytes;  ///< header and payload
    std::uint16_t identification = 0;
    bool dont_fragment = false;
    bool more_fragments = false;
    std::uint16_t fragment_offset_bytes = 0;  ///< a multiple of 8
    std::uint8_t ttl = 0;
    IpProtocol protocol{};
    Ipv4Address source{};
    Ipv4Address destination{};

    /// Needs the whole packet: all `total_size_bytes` have to be there, what follows is padding.
    /// Options are counted, not read. The header checksum has to hold; the reserved bit is ignored.
    static Parsed<Ipv4Header> parse(std::span<const std::byte> packet);
    /// The same of a packet whose end was cut off, as ICMP errors quote it.
    static Parsed<Ipv4Header> parse_quoted(std::span<const std::byte> start_of_packet);
    /// Writes a header without options, checksum included: `header_size_bytes` is 20.
    void write(std::span<std::byte, kSizeBytes> out) const;

    bool is_fragment() const { return more_fragments || fragment_offset_bytes != 0; }
    /// The payload within the octets from which this header was parsed.
    std::span<const std::byte> payload(std::span<const std::byte> packet) const {
        return packet.subspan(header_size_bytes, std::size_t{total_size_bytes} - header_size_bytes);
    }
    friend bool operator==(const Ipv4Header&, const Ipv4Header&) = default;
};

/// "10.244.0.1 > 10.244.1.1 TCP, 1450 octets, TTL 64, DSCP 0 ECT(0)".
std::string to_string(const Ipv4Header& header);

}  // namespace flatlan::tunnel
