#include "overlay/probe/trace/frame.hpp"

#include <algorithm>

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/icmp.hpp"
#include "tunnel/wire/icmpv6.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/tcp.hpp"
#include "tunnel/wire/udp.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::trace {
namespace {

using Octets = std::span<const std::byte>;
using tunnel::IpProtocol;

constexpr std::size_t kIcmpHeaderBytes = 8;
constexpr std::uint8_t kEchoRequest = 8;  // RFC 792
constexpr std::uint8_t kEchoReply = 0;
constexpr std::uint8_t kEchoRequest6 = 128;  // RFC 4443
constexpr std::uint8_t kEchoReply6 = 129;

/// An IP header of either family, and what follows it.
struct IpHead {
    IpAddress source;
    IpAddress destination;
    std::uint8_t ttl;
    std::uint32_t size_bytes;
    IpProtocol protocol;
    Octets rest;
};

std::optional<IpHead> read_ip(Octets packet, bool quoted) {
    if (packet.empty()) return std::nullopt;
    if ((std::to_integer<unsigned>(packet.front()) >> 4U) == 4) {
        const auto header =
            quoted ? tunnel::Ipv4Header::parse_quoted(packet) : tunnel::Ipv4Header::parse(packet);
        if (!header) return std::nullopt;
        const std::size_t end = std::min<std::size_t>(packet.size(), header->total_size_bytes);
        return IpHead{
            header->source,
            header->destination,
            header->ttl,
            header->total_size_bytes,
            header->protocol,
            packet.first(end).subspan(std::min<std::size_t>(end, header->header_size_bytes))};
    }
    const auto header =
        quoted ? tunnel::Ipv6Header::parse_quoted(packet) : tunnel::Ipv6Header::parse(packet);
    if (!header) return std::nullopt;
    const std::size_t end = std::min<std::size_t>(packet.size(), header->total_size_bytes());
    return IpHead{header->source,      header->destination,
                  header->hop_limit,   static_cast<std::uint32_t>(header->total_size_bytes()),
                  header->next_header, packet.first(end).subspan(tunnel::Ipv6Header::kSizeBytes)};
}

class Reader {
public:
    explicit Reader(const Trail& trail) : trail_{trail} {}

    std::optional<SeenPacket> ip(Octets packet, bool quoted = false) const {
        const auto head = read_ip(packet, quoted);
        if (!head) return std::nullopt;
        SeenPacket seen{.source = {head->source, Port::any()},
                        .destination = {head->destination, Port::any()},
                        .ttl = head->ttl,
                        .size_bytes = head->size_bytes};
        switch (head->protocol) {
            case IpProtocol::icmp:
                return icmp(seen, head->rest, kEchoRequest, kEchoReply, quoted);
            case IpProtocol::icmpv6:
                return icmp(seen, head->rest, kEchoRequest6, kEchoReply6, quoted);
            case IpProtocol::udp:
                return udp(seen, head->rest, quoted);
            case IpProtocol::tcp:
                return tcp(seen, head->rest, quoted);
            default:
                return std::nullopt;
        }
    }

private:
    bool tagged(SeenPacket& seen, Octets payload) const {
        const auto tag = TagPayload::parse(payload);
        if (!tag || tag->tag != trail_.tag) return false;
        seen.number = tag->number;
        seen.kind = tag->kind;
        return true;
    }
    std::optional<SeenPacket> icmp(SeenPacket seen, Octets message, std::uint8_t request,
                                   std::uint8_t reply, bool quoted) const {
        ByteReader in{message};
        const std::uint8_t type = in.u8();
        const std::uint8_t code = in.u8();
        seen.checksum = in.u16();
        in.u32();
        if (in.truncated()) return std::nullopt;
        if (type == request || type == reply) {
            if (!tagged(seen, message.subspan(kIcmpHeaderBytes))) return std::nullopt;
            seen.kind = type == request ? PacketKind::request : PacketKind::answer;
            return seen;
        }
        const bool is_error =
            request == kEchoRequest ? tunnel::is_icmp_error(type) : tunnel::is_icmpv6_error(type);
        if (quoted || !is_error || !ip(message.subspan(kIcmpHeaderBytes), true))
            return std::nullopt;
        seen.kind = PacketKind::error;
        seen.error_type = type;
        seen.error_code = code;
        return seen;
    }
    std::optional<SeenPacket> udp(SeenPacket seen, Octets datagram, bool quoted) const {
        ByteReader in{datagram};
        seen.source.port = Port{in.u16()};
        seen.destination.port = Port{in.u16()};
        in.u16();
        seen.checksum = in.u16();
        if (in.truncated()) return std::nullopt;
        if (seen.destination.port == trail_.tunnel_port && !quoted)
            return tunnelled(seen, in.rest());
        if (!tagged(seen, in.rest())) return std::nullopt;
        return seen;
    }
    std::optional<SeenPacket> tunnelled(const SeenPacket& carrier, Octets datagram) const {
        if (!tunnel::VxlanHeader::parse(datagram)) return std::nullopt;
        const Octets frame = datagram.subspan(tunnel::VxlanHeader::kSizeBytes);
        if (frame.size() < tunnel::EthernetHeader::kSizeBytes) return std::nullopt;
        auto inner = ip(frame.subspan(tunnel::EthernetHeader::kSizeBytes));
        if (!inner) return std::nullopt;
        inner->outer = true;
        inner->outer_source = carrier.source;
        inner->outer_destination = carrier.destination;
        return inner;
    }
    std::optional<SeenPacket> tcp(SeenPacket seen, Octets segment, bool quoted) const {
        ByteReader in{segment};
        seen.source.port = Port{in.u16()};
        seen.destination.port = Port{in.u16()};
        seen.tcp_sequence = in.u32();
        if (in.truncated()) return std::nullopt;
        if (quoted)  // an error need quote no more than these octets
            return is_ours(seen.tcp_sequence, seen) ? std::optional{seen} : std::nullopt;
        const std::uint32_t acknowledged = in.u32();
        in.u8();
        const tunnel::TcpFlags flags{in.u8()};
        in.u16();
        seen.checksum = in.u16();
        if (in.truncated()) return std::nullopt;
        if (flags.has(tunnel::TcpFlags::kSyn) && !flags.has(tunnel::TcpFlags::kAck))
            return is_ours(seen.tcp_sequence, seen) ? std::optional{seen} : std::nullopt;
        seen.kind = PacketKind::answer;
        seen.tcp_reset = flags.has(tunnel::TcpFlags::kRst);
        const bool opens = flags.has(tunnel::TcpFlags::kSyn | tunnel::TcpFlags::kAck);
        if (!trail_.first_sequence || !(opens || seen.tcp_reset)) return std::nullopt;
        if (acknowledged != *trail_.first_sequence + 1) return std::nullopt;
        return seen;
    }
    bool is_ours(std::uint32_t sequence, const SeenPacket& seen) const {
        if (trail_.first_sequence) return sequence == *trail_.first_sequence;
        return seen.source.port == trail_.source && seen.destination.port == trail_.destination;
    }

    const Trail& trail_;
};

}  // namespace

void TagPayload::write(std::span<std::byte> out) const {
    std::ranges::fill(out, std::byte{0});
    ByteWriter to{out};
    to.u64(tag);
    to.u8(static_cast<std::uint8_t>(kind));
    to.u8(number);
}

std::optional<TagPayload> TagPayload::parse(std::span<const std::byte> octets) {
    ByteReader in{octets};
    TagPayload payload{.tag = in.u64()};
    const std::uint8_t kind = in.u8();
    payload.number = in.u8();
    if (in.truncated() || kind > static_cast<std::uint8_t>(PacketKind::answer)) return std::nullopt;
    payload.kind = static_cast<PacketKind>(kind);
    return payload;
}

std::optional<SeenPacket> read_frame(std::span<const std::byte> frame, LinkLayer layer,
                                     const Trail& trail) {
    if (layer == LinkLayer::ethernet) {
        if (frame.size() < tunnel::EthernetHeader::kSizeBytes) return std::nullopt;
        frame = frame.subspan(tunnel::EthernetHeader::kSizeBytes);
    }
    return Reader{trail}.ip(frame);
}

}  // namespace flatlan::trace
