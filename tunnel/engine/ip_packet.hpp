#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "overlay/base/ip_address.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"

namespace flatlan::tunnel {

/// The header of an IP packet of either family.
class IpPacket {
public:
    /// The version field chooses the family. Needs the whole packet, as the headers' own `parse`.
    static Parsed<IpPacket> parse(std::span<const std::byte> packet);

    IpFamily family() const { return ipv4() != nullptr ? IpFamily::ipv4 : IpFamily::ipv6; }
    /// Null for the other family.
    const Ipv4Header* ipv4() const { return std::get_if<Ipv4Header>(&header_); }
    const Ipv6Header* ipv6() const { return std::get_if<Ipv6Header>(&header_); }

    IpAddress source() const;
    IpAddress destination() const;
    TrafficClass traffic_class() const;
    std::uint8_t hop_limit() const;
    /// From the IP header to the end of the payload; what follows is padding.
    std::size_t size_bytes() const;
    /// Of the flow to which `packet`, from which this was parsed, belongs.
    std::uint64_t flow_hash(std::span<const std::byte> packet) const;

private:
    explicit IpPacket(Ipv4Header header) : header_{header} {}
    explicit IpPacket(Ipv6Header header) : header_{header} {}
    std::variant<Ipv4Header, Ipv6Header> header_;
};

/// What an Ethernet header says of such a packet.
EtherType ether_type_of(const IpPacket& packet);

/// Whether a packet from or to this address may cross a router: unspecified, loopback, link-local,
/// multicast and broadcast addresses may not (RFC 1812, sections 4.2.2.11 and 5.3.7; RFC 4291,
/// sections 2.5.2, 2.5.3 and 2.5.6). Multicast routing is not known here.
bool is_forwardable(const IpAddress& address);

/// Change a header in place, and the IPv4 header's checksum with it (RFC 1624). `packet` starts
/// with an IP header that was parsed.
void set_traffic_class(std::span<std::byte> packet, TrafficClass traffic_class);
void decrement_hop_limit(std::span<std::byte> packet);

}  // namespace flatlan::tunnel
