#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

/// An echo request or reply (RFC 792, RFC 4443 section 4); the same in ICMP and ICMPv6.
struct IcmpEcho {
    enum class Direction : std::uint8_t { request, reply };
    Direction direction{};
    std::uint16_t identifier = 0;
    std::uint16_t sequence = 0;
    friend bool operator==(const IcmpEcho&, const IcmpEcho&) = default;
};

/// Destination unreachable (RFC 792, RFC 1812 section 5.2.7.1); "fragmentation needed" is a type
/// of its own here.
struct IcmpUnreachable {
    static constexpr std::uint8_t kNetwork = 0;
    static constexpr std::uint8_t kHost = 1;
    static constexpr std::uint8_t kPort = 3;
    std::uint8_t code = 0;
    friend bool operator==(const IcmpUnreachable&, const IcmpUnreachable&) = default;
};

/// Destination unreachable because the packet may not be fragmented (RFC 1191, section 4).
struct IcmpFragmentationNeeded {
    std::uint16_t next_hop_mtu_bytes = 0;  ///< from the IP header on; 0 in messages of old routers
    friend bool operator==(const IcmpFragmentationNeeded&,
                           const IcmpFragmentationNeeded&) = default;
};

/// Time exceeded: code 0 in transit, 1 while a packet was put together again (RFC 792).
struct IcmpTimeExceeded {
    std::uint8_t code = 0;
    friend bool operator==(const IcmpTimeExceeded&, const IcmpTimeExceeded&) = default;
};

/// The header of an ICMP message for IPv4 (RFC 792).
///
///     octet 0   1      2..3       4..5              6..7
///     +------+------+----------+-----------------+----------------------------+
///     | type | code | checksum | echo identifier | echo sequence, or next MTU |
///     +------+------+----------+-----------------+----------------------------+
///     | echo: data; errors: the start of the packet that gave rise to it      |
///     +-----------------------------------------------------------------------+
struct IcmpMessage {
    static constexpr std::size_t kSizeBytes = 8;
    std::variant<IcmpEcho, IcmpUnreachable, IcmpFragmentationNeeded, IcmpTimeExceeded> body;

    /// Needs the whole message, whose checksum has to hold. Drops `unknown_message` for types
    /// other than these four. Fields that a type does not use are ignored.
    static Parsed<IcmpMessage> parse(std::span<const std::byte> message);
    /// Writes the header at the start of `message` and the checksum over all of it.
    void write(std::span<std::byte> message) const;
    friend bool operator==(const IcmpMessage&, const IcmpMessage&) = default;
};

/// "echo request 1.7", "fragmentation needed, MTU 1450" and so on.
std::string to_string(const IcmpMessage& message);
std::string to_string(const IcmpEcho& echo);

/// Whether a message of this type is an error, to which no error may be sent (RFC 1122, section
/// 3.2.2): 3 to 5, 11 and 12.
constexpr bool is_icmp_error(std::uint8_t type) {
    return (type >= 3 && type <= 5) || type == 11 || type == 12;
}

}  // namespace flatlan::tunnel
