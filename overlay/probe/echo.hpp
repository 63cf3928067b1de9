#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "overlay/probe/observation.hpp"
#include "overlay/probe/payload.hpp"

/// Probes as echo requests of ICMP (RFC 792) and ICMPv6 (RFC 4443, section 4).
namespace flatlan::probe {

/// What an ICMP socket received that concerns a probe.
struct EchoSeen {
    enum class Kind : std::uint8_t { request, reply, error };
    Kind kind;
    Payload payload;       ///< of the echo, or of the request that the error quotes
    Endpoint source;       ///< of this packet; a request's port is its identifier
    Endpoint destination;  ///< of this packet; a reply's port is its identifier
    Refusal refusal{};     ///< what the error says
    std::uint8_t ttl = 0;  ///< of this packet, where its header is at hand: that of IPv4
};

inline constexpr std::size_t kEchoSizeBytes = 8 + Payload::kSizeBytes;

/// Writes the echo request of a probe; its identifier is the port of the payload's source.
void write_echo_request(std::span<std::byte, kEchoSizeBytes> out, const Payload& payload);

/// Reads a packet of IPv4, header included, as a raw socket receives it. Empty when it is no probe.
std::optional<EchoSeen> read_icmpv4(std::span<const std::byte> packet);
/// Reads a message of ICMPv6; a raw socket receives it without the IPv6 header.
std::optional<EchoSeen> read_icmpv6(std::span<const std::byte> message, Ipv6Address source,
                                    Ipv6Address destination);

}  // namespace flatlan::probe
