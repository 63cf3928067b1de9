#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "overlay/base/ip_address.hpp"
#include "tunnel/wire/icmp.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

/// Destination unreachable (RFC 4443, section 3.1).
struct Icmpv6Unreachable {
    static constexpr std::uint8_t kNoRoute = 0;
    static constexpr std::uint8_t kAddress = 3;
    static constexpr std::uint8_t kPort = 4;
    std::uint8_t code = 0;
    friend bool operator==(const Icmpv6Unreachable&, const Icmpv6Unreachable&) = default;
};

/// Packet too big (RFC 4443, section 3.2).
struct Icmpv6PacketTooBig {
    std::uint32_t mtu_bytes = 0;  ///< of the next hop's link, from the IPv6 header on
    friend bool operator==(const Icmpv6PacketTooBig&, const Icmpv6PacketTooBig&) = default;
};

/// Time exceeded: code 0 in transit, 1 while a packet was put together again (RFC 4443, 3.3).
struct Icmpv6TimeExceeded {
    std::uint8_t code = 0;
    friend bool operator==(const Icmpv6TimeExceeded&, const Icmpv6TimeExceeded&) = default;
};

/// The header of an ICMPv6 message (RFC 4443, section 2.1), Neighbour Discovery apart: that has a
/// file of its own.
///
///     octet 0   1      2..3       4..7
///     +------+------+----------+--------------------------------------+
///     | type | code | checksum | echo identifier and sequence, or MTU |
///     +------+------+----------+--------------------------------------+
///     | echo: data; errors: the start of the packet that gave rise    |
///     +---------------------------------------------------------------+
struct Icmpv6Message {
    static constexpr std::size_t kSizeBytes = 8;
    std::variant<IcmpEcho, Icmpv6Unreachable, Icmpv6PacketTooBig, Icmpv6TimeExceeded> body;

    /// Needs the whole message, whose checksum has to hold together with the pseudo header of the
    /// two addresses. Drops `unknown_message` for types other than these four.
    static Parsed<Icmpv6Message> parse(std::span<const std::byte> message, Ipv6Address source,
                                       Ipv6Address destination);
    /// Writes the header at the start of `message` and the checksum over all of it.
    void write(std::span<std::byte> message, Ipv6Address source, Ipv6Address destination) const;
    friend bool operator==(const Icmpv6Message&, const Icmpv6Message&) = default;
};

/// "echo request 1.7", "packet too big, MTU 1430" and so on.
std::string to_string(const Icmpv6Message& message);

/// Whether a message of this type is an error, to which no error may be sent (RFC 4443, section
/// 2.1: the types under 128). A redirect, type 137, counts as one (section 2.4, e.2).
constexpr bool is_icmpv6_error(std::uint8_t type) { return type < 128 || type == 137; }

}  // namespace flatlan::tunnel
