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

/// The IPv6 header (RFC 8200, section 3).
///
///      octet 0          1               2               3
///     +-------+---------------+-------+-------------------------------+
///     |   6   | traffic class |              flow label               |
///     +-------+---------------+-------+---------------+---------------+
///     |        payload length         |  next header  |   hop limit   |
///     +-------------------------------+---------------+---------------+
///     |                      source, 16 octets                        |
///     +---------------------------------------------------------------+
///     |                    destination, 16 octets                     |
///     +---------------------------------------------------------------+
struct Ipv6Header {
    static constexpr std::size_t kSizeBytes = 40;
    static constexpr std::size_t kPayloadSizeAt = 4;  ///< octets from the start of the header
    static constexpr std::size_t kHopLimitAt = 7;

    TrafficClass traffic_class{};
    std::uint32_t flow_label = 0;          ///< 20 bits
    std::uint16_t payload_size_bytes = 0;  ///< all that follows this header, extensions included
    IpProtocol next_header{};              ///< an extension header or the upper protocol
    std::uint8_t hop_limit = 0;
    Ipv6Address source{};
    Ipv6Address destination{};

    /// Needs the whole packet: the payload has to be there, what follows it is padding. Jumbograms
    /// (RFC 2675) are not known here: they read as packets without payload.
    static Parsed<Ipv6Header> parse(std::span<const std::byte> packet);
    /// The same of a packet whose end was cut off, as ICMPv6 errors quote it.
    static Parsed<Ipv6Header> parse_quoted(std::span<const std::byte> start_of_packet);
    void write(std::span<std::byte, kSizeBytes> out) const;

    std::size_t total_size_bytes() const { return kSizeBytes + payload_size_bytes; }
    friend bool operator==(const Ipv6Header&, const Ipv6Header&) = default;
};

/// "fd00::1 > fd00::2 TCP, 1450 octets, hop limit 64, DSCP 0 not-ECT".
std::string to_string(const Ipv6Header& header);

}  // namespace flatlan::tunnel
