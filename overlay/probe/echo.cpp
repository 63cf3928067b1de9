#include "overlay/probe/echo.hpp"

#include "tunnel/wire/icmpv6.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6_extensions.hpp"

namespace flatlan::probe {
namespace {

using tunnel::IcmpEcho;

constexpr std::size_t kIcmpHeaderBytes = tunnel::IcmpMessage::kSizeBytes;
static_assert(kIcmpHeaderBytes == tunnel::Icmpv6Message::kSizeBytes);
static_assert(kEchoSizeBytes == kIcmpHeaderBytes + Payload::kSizeBytes);

/// What follows the first `count` octets; empty when there are fewer.
std::span<const std::byte> after(std::span<const std::byte> octets, std::size_t count) {
    return count <= octets.size() ? octets.subspan(count) : std::span<const std::byte>{};
}

std::optional<EchoSeen> echo_seen(const IcmpEcho& echo, std::span<const std::byte> message,
                                  const IpAddress& source, const IpAddress& destination) {
    const auto payload = Payload::parse(after(message, kIcmpHeaderBytes));
    if (!payload) return std::nullopt;
    const Port identifier{echo.identifier};
    if (echo.direction == IcmpEcho::Direction::request)
        return EchoSeen{
            EchoSeen::Kind::request, *payload, {source, identifier}, {destination, Port::any()}};
    return EchoSeen{
        EchoSeen::Kind::reply, *payload, {source, Port::any()}, {destination, identifier}};
}

/// An error with the ICMP header and payload of the packet that it quotes.
std::optional<EchoSeen> error_seen(IpFamily family, std::span<const std::byte> message,
                                   std::span<const std::byte> quoted_icmp, const IpAddress& source,
                                   const IpAddress& destination) {
    const auto payload = Payload::parse(after(quoted_icmp, kIcmpHeaderBytes));
    if (!payload) return std::nullopt;
    const RefusalKind kind = refusal_of_icmp(family, std::to_integer<std::uint8_t>(message[0]),
                                             std::to_integer<std::uint8_t>(message[1]));
    return EchoSeen{EchoSeen::Kind::error,
                    *payload,
                    {source, Port::any()},
                    {destination, Port::any()},
                    {.kind = kind, .reporter = source}};
}

}  // namespace

void write_echo_request(std::span<std::byte, kEchoSizeBytes> out, const Payload& payload) {
    payload.write(out.subspan<kIcmpHeaderBytes>());
    const IcmpEcho echo{IcmpEcho::Direction::request, payload.source.port.value(),
                        static_cast<std::uint16_t>(payload.check)};
    if (payload.source.address.is_ipv4())
        tunnel::IcmpMessage{echo}.write(out);
    else
        tunnel::Icmpv6Message{echo}.write(out, payload.source.address.ipv6(),
                                          payload.destination.address.ipv6());
}

std::optional<EchoSeen> read_icmpv4(std::span<const std::byte> packet) {
    const auto header = tunnel::Ipv4Header::parse(packet);
    if (!header) return std::nullopt;
    const auto octets = header->payload(packet);
    const auto message = tunnel::IcmpMessage::parse(octets);
    if (!message) return std::nullopt;
    if (const auto* echo = std::get_if<IcmpEcho>(&message->body)) {
        auto seen = echo_seen(*echo, octets, header->source, header->destination);
        if (seen) seen->ttl = header->ttl;
        return seen;
    }

    const auto quoted = after(octets, kIcmpHeaderBytes);
    const auto quoted_header = tunnel::Ipv4Header::parse_quoted(quoted);
    if (!quoted_header || quoted_header->protocol != tunnel::IpProtocol::icmp) return std::nullopt;
    return error_seen(IpFamily::ipv4, octets, after(quoted, quoted_header->header_size_bytes),
                      header->source, header->destination);
}

std::optional<EchoSeen> read_icmpv6(std::span<const std::byte> octets, Ipv6Address source,
                                    Ipv6Address destination) {
    const auto message = tunnel::Icmpv6Message::parse(octets, source, destination);
    if (!message) return std::nullopt;
    if (const auto* echo = std::get_if<IcmpEcho>(&message->body))
        return echo_seen(*echo, octets, source, destination);

    const auto quoted = after(octets, kIcmpHeaderBytes);
    const auto quoted_header = tunnel::Ipv6Header::parse_quoted(quoted);
    if (!quoted_header) return std::nullopt;
    const auto upper = tunnel::find_ipv6_upper(*quoted_header, quoted);
    if (!upper || upper->protocol != tunnel::IpProtocol::icmpv6) return std::nullopt;
    return error_seen(IpFamily::ipv6, octets, after(quoted, upper->offset_bytes), source,
                      destination);
}

}  // namespace flatlan::probe
