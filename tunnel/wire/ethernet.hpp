#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "overlay/base/mac_address.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

/// What an Ethernet frame carries (IANA, "IEEE 802 Numbers"). Other values occur.
enum class EtherType : std::uint16_t { ipv4 = 0x0800, arp = 0x0806, ipv6 = 0x86dd };

/// "IPv4", "ARP", "IPv6", else "0x88cc" and so on.
std::string to_string(EtherType type);

/// The header of an Ethernet II frame (RFC 894), without VLAN tag and frame check sequence.
///
///     octet 0..5          6..11    12..13
///     +-------------+------------+--------+
///     | destination |   source   |  type  |
///     +-------------+------------+--------+
struct EthernetHeader {
    static constexpr std::size_t kSizeBytes = 14;
    MacAddress destination{};
    MacAddress source{};
    EtherType type{};

    /// Needs the first fourteen octets. Any type is taken.
    static Parsed<EthernetHeader> parse(std::span<const std::byte> frame);
    void write(std::span<std::byte, kSizeBytes> out) const;
    friend bool operator==(const EthernetHeader&, const EthernetHeader&) = default;
};

/// "02:00:00:00:00:01 > 02:00:00:00:00:02 IPv4".
std::string to_string(const EthernetHeader& header);

}  // namespace flatlan::tunnel
