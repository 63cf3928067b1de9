#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tunnel/engine/ip_packet.hpp"
#include "tunnel/wire/packet_buffer.hpp"

namespace flatlan::tunnel {

/// What a router tells the sender of a packet that it could not forward.
struct PacketError {
    enum class Kind : std::uint8_t {
        unreachable,        ///< nobody owns the destination
        too_big,            ///< over `mtu_bytes`: "fragmentation needed" or "packet too big"
        hop_limit_expired,  ///< time exceeded in transit
    };
    Kind kind{};
    std::uint16_t mtu_bytes = 0;  ///< of inner IP packets; for too_big alone
    friend bool operator==(const PacketError&, const PacketError&) = default;
};

/// How much room an error needs in front of the packet that gave rise to it.
inline constexpr std::size_t kIcmpErrorHeadRoomBytes = 48;  // IPv6 40, ICMPv6 8

/// Whether the packet's sender may be sent an ICMP error: not about ICMP errors, not about packets
/// to or from anything but one host, not about IPv4 fragments other than the first, and not when it
/// cannot be told (RFC 1122, section 3.2.2; RFC 1812, section 4.3.2.7; RFC 4443, section 2.4, e).
bool may_answer_with_error(const IpPacket& header, std::span<const std::byte> packet);

/// Makes the error about `packet` out of the packet itself, in place: the headers go in front, and
/// of the packet as much is quoted as fits into 576 octets (RFC 1812, section 4.3.2.3) or 1280
/// octets (RFC 4443, section 2.4, c). `header` is the packet's own, `from` of the same family.
/// There have to be kIcmpErrorHeadRoomBytes of head room.
void turn_into_icmp_error(PacketBuffer& packet, const IpPacket& header, const PacketError& error,
                          const IpAddress& from);

}  // namespace flatlan::tunnel
