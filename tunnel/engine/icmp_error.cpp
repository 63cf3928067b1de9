#include "tunnel/engine/icmp_error.hpp"

#include <algorithm>

#include "tunnel/wire/icmp.hpp"
#include "tunnel/wire/icmpv6.hpp"
#include "tunnel/wire/ipv6_extensions.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kIpv4ErrorSizeMax = 576;   // RFC 1812, section 4.3.2.3
constexpr std::size_t kIpv6ErrorSizeMax = 1280;  // RFC 4443, section 2.4, c
constexpr std::uint8_t kErrorHopLimit = 64;      // RFC 1700's default TTL
/// Precedence 6, "internetwork control" (RFC 1812, section 4.3.2.5).
constexpr TrafficClass kErrorTrafficClass{Dscp{48}, Ecn::not_ect};

bool starts_with_error_type(std::span<const std::byte> message, bool (*is_error)(std::uint8_t)) {
    return message.empty() || is_error(std::to_integer<std::uint8_t>(message[0]));
}

bool may_answer(const Ipv4Header& header, std::span<const std::byte> packet) {
    if (header.fragment_offset_bytes != 0) return false;
    return header.protocol != IpProtocol::icmp ||
           !starts_with_error_type(header.payload(packet), is_icmp_error);
}

bool may_answer(const Ipv6Header& header, std::span<const std::byte> packet) {
    const auto upper = find_ipv6_upper(header, packet);
    if (!upper) return false;
    if (upper->protocol != IpProtocol::icmpv6 || !upper->has_header()) return true;
    return !starts_with_error_type(packet.subspan(upper->offset_bytes), is_icmpv6_error);
}

IcmpMessage ipv4_message(const PacketError& error) {
    switch (error.kind) {
        case PacketError::Kind::unreachable:
            break;
        case PacketError::Kind::too_big:
            return {IcmpFragmentationNeeded{error.mtu_bytes}};
        case PacketError::Kind::hop_limit_expired:
            return {IcmpTimeExceeded{}};
    }
    return {IcmpUnreachable{IcmpUnreachable::kHost}};
}

Icmpv6Message ipv6_message(const PacketError& error) {
    switch (error.kind) {
        case PacketError::Kind::unreachable:
            break;
        case PacketError::Kind::too_big:
            return {Icmpv6PacketTooBig{error.mtu_bytes}};
        case PacketError::Kind::hop_limit_expired:
            return {Icmpv6TimeExceeded{}};
    }
    return {Icmpv6Unreachable{Icmpv6Unreachable::kNoRoute}};
}

/// Cuts the packet to what is quoted of it, padding included.
void cut_to(PacketBuffer& packet, std::size_t packet_size_bytes, std::size_t quoted_max) {
    packet.trim_back(packet.size_bytes() - std::min(packet_size_bytes, quoted_max));
}

void turn_into_error(PacketBuffer& packet, const Ipv4Header& header, const IcmpMessage& message,
                     Ipv4Address from) {
    cut_to(packet, header.total_size_bytes,
           kIpv4ErrorSizeMax - Ipv4Header::kSizeBytes - IcmpMessage::kSizeBytes);
    packet.prepend(IcmpMessage::kSizeBytes);
    message.write(packet.bytes());
    packet.prepend(Ipv4Header::kSizeBytes);
    const Ipv4Header outer{.traffic_class = kErrorTrafficClass,
                           .total_size_bytes = static_cast<std::uint16_t>(packet.size_bytes()),
                           .dont_fragment = true,
                           .ttl = kErrorHopLimit,
                           .protocol = IpProtocol::icmp,
                           .source = from,
                           .destination = header.source};
    outer.write(packet.bytes().first<Ipv4Header::kSizeBytes>());
}

void turn_into_error(PacketBuffer& packet, const Ipv6Header& header, const Icmpv6Message& message,
                     Ipv6Address from) {
    cut_to(packet, header.total_size_bytes(),
           kIpv6ErrorSizeMax - Ipv6Header::kSizeBytes - Icmpv6Message::kSizeBytes);
    packet.prepend(Icmpv6Message::kSizeBytes);
    message.write(packet.bytes(), from, header.source);
    const Ipv6Header outer{.traffic_class = kErrorTrafficClass,
                           .payload_size_bytes = static_cast<std::uint16_t>(packet.size_bytes()),
                           .next_header = IpProtocol::icmpv6,
                           .hop_limit = kErrorHopLimit,
                           .source = from,
                           .destination = header.source};
    packet.prepend(Ipv6Header::kSizeBytes);
    outer.write(packet.bytes().first<Ipv6Header::kSizeBytes>());
}

}  // namespace

bool may_answer_with_error(const IpPacket& header, std::span<const std::byte> packet) {
    if (!is_forwardable(header.source()) || !is_forwardable(header.destination())) return false;
    return header.ipv4() != nullptr ? may_answer(*header.ipv4(), packet)
                                    : may_answer(*header.ipv6(), packet);
}

void turn_into_icmp_error(PacketBuffer& packet, const IpPacket& header, const PacketError& error,
                          const IpAddress& from) {
    if (header.ipv4() != nullptr)
        turn_into_error(packet, *header.ipv4(), ipv4_message(error), from.ipv4());
    else
        turn_into_error(packet, *header.ipv6(), ipv6_message(error), from.ipv6());
}

}  // namespace flatlan::tunnel
