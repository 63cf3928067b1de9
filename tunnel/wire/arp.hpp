#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

enum class ArpOperation : std::uint16_t { request = 1, reply = 2 };

/// An ARP packet for IPv4 on Ethernet (RFC 826).
///
///     octet 0..1  2..3    4   5   6..7   8..13      14..17    18..23     24..27
///     +---------+-------+---+---+------+----------+---------+----------+---------+
///     | hw type | proto | 6 | 4 |  op  | sender   | sender  | target   | target  |
///     |    1    | 0x800 |   |   |      | MAC      | IPv4    | MAC      | IPv4    |
///     +---------+-------+---+---+------+----------+---------+----------+---------+
struct ArpPacket {
    static constexpr std::size_t kSizeBytes = 28;
    ArpOperation operation{};
    MacAddress sender_mac{};
    Ipv4Address sender{};
    MacAddress target_mac{};  ///< of no meaning in a request
    Ipv4Address target{};

    /// Needs 28 octets; what follows is padding. Drops `unknown_message` for other hardware, other
    /// protocols and operations other than request and reply.
    static Parsed<ArpPacket> parse(std::span<const std::byte> payload);
    void write(std::span<std::byte, kSizeBytes> out) const;
    friend bool operator==(const ArpPacket&, const ArpPacket&) = default;
};

/// "ARP who has 10.0.0.1, tell 10.0.0.2" or "ARP 10.0.0.1 is at 02:00:00:00:00:01".
std::string to_string(const ArpPacket& packet);

}  // namespace flatlan::tunnel
