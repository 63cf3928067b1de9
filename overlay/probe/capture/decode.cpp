#include "overlay/probe/capture/decode.hpp"

#include <algorithm>
#include <optional>

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/arp.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/icmp.hpp"
#include "tunnel/wire/icmpv6.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/ipv6_extensions.hpp"
#include "tunnel/wire/tcp.hpp"
#include "tunnel/wire/udp.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::capture {
namespace {

using Octets = std::span<const std::byte>;
using tunnel::IpProtocol;

/// A packet within a tunnel within a tunnel is as deep as it gets here.
constexpr int kTunnelsMax = 2;

class Decoder {
public:
    explicit Decoder(Port tunnel_port) : tunnel_port_{tunnel_port} {}

    void ethernet(Octets frame) {
        const auto header = tunnel::EthernetHeader::parse(frame);
        if (!header) return stop(header.reason(), frame);
        add("ethernet", to_string(*header),
            {{"source", to_string(header->source)},
             {"destination", to_string(header->destination)},
             {"type", to_string(header->type)}});
        const Octets rest = frame.subspan(tunnel::EthernetHeader::kSizeBytes);
        switch (header->type) {
            case tunnel::EtherType::ipv4:
            case tunnel::EtherType::ipv6:
                return ip(rest);
            case tunnel::EtherType::arp:
                return arp(rest);
        }
        decoded_.payload_octets = rest.size();
    }
    void ip(Octets packet) {
        const bool is_ipv4 = !packet.empty() && std::to_integer<unsigned>(packet[0]) >> 4U == 4;
        is_ipv4 ? ipv4(packet) : ipv6(packet);
    }
    Decoded take() { return std::move(decoded_); }

private:
    using Fields = std::vector<std::pair<std::string_view, FieldValue>>;

    void add(std::string_view layer, std::string words, Fields fields) {
        decoded_.headers.push_back({layer, std::move(words), std::move(fields)});
    }
    void stop(tunnel::DropReason reason, Octets rest) {
        decoded_.trouble = std::string{to_string(reason)};
        decoded_.payload_octets = rest.size();
    }

    void arp(Octets octets) {
        const auto packet = tunnel::ArpPacket::parse(octets);
        if (!packet) return stop(packet.reason(), octets);
        const bool asks = packet->operation == tunnel::ArpOperation::request;
        add("arp", to_string(*packet),
            {{"operation", asks ? "request" : "reply"},
             {"sender", to_string(packet->sender)},
             {"target", to_string(packet->target)}});
    }
    void ipv4(Octets packet) {
        const auto header = tunnel::Ipv4Header::parse(packet);
        if (!header) return stop(header.reason(), packet);
        source_ = header->source;
        destination_ = header->destination;
        Fields fields = ip_fields(header->ttl, header->total_size_bytes, header->protocol);
        fields.emplace_back("dont_fragment", std::uint64_t{header->dont_fragment});
        add("ipv4", ttl_words(header->ttl), std::move(fields));
        const Octets rest = header->payload(packet);
        if (header->fragment_offset_bytes != 0 || header->more_fragments)
            return piece(header->protocol, header->fragment_offset_bytes, rest);
        upper(header->protocol, rest);
    }
    void ipv6(Octets packet) {
        const auto header = tunnel::Ipv6Header::parse(packet);
        if (!header) return stop(header.reason(), packet);
        source_ = header->source;
        destination_ = header->destination;
        const Octets whole = packet.first(header->total_size_bytes());
        const auto found = tunnel::find_ipv6_upper(*header, whole);
        add("ipv6", ttl_words(header->hop_limit),
            ip_fields(header->hop_limit, header->total_size_bytes(),
                      found ? found->protocol : header->next_header));
        if (!found) return stop(found.reason(), whole);
        const Octets rest = whole.subspan(found->offset_bytes);
        if (found->fragment &&
            (found->fragment->offset_bytes != 0 || found->fragment->more_fragments))
            return piece(found->protocol, found->fragment->offset_bytes, rest);
        upper(found->protocol, rest);
    }
    static std::string ttl_words(std::uint8_t ttl) { return "ttl " + std::to_string(ttl); }
    Fields ip_fields(std::uint8_t ttl, std::uint64_t octets, IpProtocol protocol) const {
        return {{"source", to_string(*source_)},
                {"destination", to_string(*destination_)},
                {"ttl", std::uint64_t{ttl}},
                {"octets", octets},
                {"protocol", to_string(protocol)}};
    }
    /// Of a packet that was cut: neither its length nor a checksum can be judged.
    void piece(IpProtocol protocol, std::uint64_t offset, Octets rest) {
        add("fragment", "fragment at " + std::to_string(offset), {{"offset", offset}});
        decoded_.payload_octets = rest.size();
        if (offset == 0) first_piece(protocol, rest);
    }
    /// It begins with the upper protocol's header.
    void first_piece(IpProtocol protocol, Octets octets) {
        ByteReader in{octets};
        if (protocol == IpProtocol::udp || protocol == IpProtocol::tcp) {
            const Port source{in.u16()};
            const Port destination{in.u16()};
            const bool is_udp = protocol == IpProtocol::udp;
            if (!in.truncated())
                add(is_udp ? "udp" : "tcp", is_udp ? "UDP" : "TCP",
                    port_fields(source, destination));
        } else if (protocol == IpProtocol::icmp || protocol == IpProtocol::icmpv6) {
            const std::uint64_t type = in.u8();
            const std::uint64_t code = in.u8();
            const bool is_v6 = protocol == IpProtocol::icmpv6;
            if (!in.truncated())
                add(is_v6 ? "icmpv6" : "icmp", (is_v6 ? "ICMPv6 " : "ICMP ") + numbers(type, code),
                    {{"type", type}, {"code", code}});
        }
    }
    static std::string numbers(std::uint64_t type, std::uint64_t code) {
        return "type " + std::to_string(type) + " code " + std::to_string(code);
    }

    void upper(IpProtocol protocol, Octets octets) {
        switch (protocol) {
            case IpProtocol::udp:
                return udp(octets);
            case IpProtocol::tcp:
                return tcp(octets);
            case IpProtocol::icmp:
                return icmp(octets, tunnel::IcmpMessage::parse(octets));
            case IpProtocol::icmpv6:
                if (destination_->is_ipv6())
                    return icmp(octets, tunnel::Icmpv6Message::parse(octets, source_->ipv6(),
                                                                     destination_->ipv6()));
                break;
            default:
                break;
        }
        add("other", to_string(protocol), {});
        decoded_.payload_octets = octets.size();
    }
    void udp(Octets octets) {
        const auto header = tunnel::UdpHeader::parse(octets);
        if (!header) return stop(header.reason(), octets);
        add("udp", "UDP", port_fields(header->source, header->destination));
        const Octets payload = octets.first(header->size_bytes).subspan(header->kSizeBytes);
        const bool is_tunnel =
            header->destination == tunnel_port_ || header->source == tunnel_port_;
        if (is_tunnel && tunnels_ < kTunnelsMax) return vxlan(payload);
        decoded_.payload_octets = payload.size();
    }
    void vxlan(Octets datagram) {
        const auto header = tunnel::VxlanHeader::parse(datagram);
        if (!header) return stop(header.reason(), datagram);
        ++tunnels_;
        add("vxlan", "VXLAN " + std::to_string(header->vni.value()),
            {{"vni", std::uint64_t{header->vni.value()}}});
        ethernet(datagram.subspan(tunnel::VxlanHeader::kSizeBytes));
    }
    void tcp(Octets octets) {
        const auto header = tunnel::TcpHeader::parse(octets);
        if (!header) return stop(header.reason(), octets);
        Fields fields = port_fields(header->source, header->destination);
        fields.emplace_back("flags", to_string(header->flags));
        fields.emplace_back("sequence", std::uint64_t{header->sequence});
        fields.emplace_back("acknowledgment", std::uint64_t{header->acknowledgment});
        add("tcp",
            "TCP " + to_string(header->flags) + " seq " + std::to_string(header->sequence) +
                (header->flags.has(tunnel::TcpFlags::kAck)
                     ? " ack " + std::to_string(header->acknowledgment)
                     : ""),
            std::move(fields));
        decoded_.payload_octets = octets.size() - header->header_size_bytes();
    }
    static Fields port_fields(Port source, Port destination) {
        return {{"source_port", std::uint64_t{source.value()}},
                {"destination_port", std::uint64_t{destination.value()}}};
    }
    template <typename Message>
    void icmp(Octets octets, const tunnel::Parsed<Message>& message) {
        constexpr bool kIsV6 = std::is_same_v<Message, tunnel::Icmpv6Message>;
        const std::string_view layer = kIsV6 ? "icmpv6" : "icmp";
        const std::string name = kIsV6 ? "ICMPv6 " : "ICMP ";
        ByteReader in{octets};
        const std::uint64_t type = in.u8();
        const std::uint64_t code = in.u8();
        if (in.truncated()) return stop(tunnel::DropReason::truncated, octets);
        add(layer, name + (message ? to_string(*message) : numbers(type, code)),
            {{"type", type}, {"code", code}});
        // Neighbour Discovery and the like are no trouble, only none of ours.
        if (!message && message.reason() != tunnel::DropReason::unknown_message)
            return stop(message.reason(), octets);
        decoded_.payload_octets = octets.size() - std::min(octets.size(), Message::kSizeBytes);
    }

    Port tunnel_port_;
    int tunnels_ = 0;
    std::optional<IpAddress> source_;
    std::optional<IpAddress> destination_;
    Decoded decoded_;
};

const FieldValue* find(const Header& header, std::string_view name) {
    const auto found =
        std::ranges::find(header.fields, name, [](const auto& field) { return field.first; });
    return found == header.fields.end() ? nullptr : &found->second;
}

bool is_ip(const Header& header) { return header.layer == "ipv4" || header.layer == "ipv6"; }

/// "10.244.0.1" or, with the ports of the header behind it, "10.244.0.1:80", "[fd00::1]:80".
std::string end_words(const Header& ip, const Header* upper, bool source) {
    const auto& address = std::get<std::string>(*find(ip, source ? "source" : "destination"));
    const FieldValue* const port =
        upper != nullptr ? find(*upper, source ? "source_port" : "destination_port") : nullptr;
    if (port == nullptr) return address;
    return (ip.layer == "ipv6" ? "[" + address + "]" : address) + ":" +
           std::to_string(std::get<std::uint64_t>(*port));
}

}  // namespace

Decoded decode(Octets packet, trace::LinkLayer layer, Port tunnel_port) {
    Decoder decoder{tunnel_port};
    if (layer == trace::LinkLayer::ethernet)
        decoder.ethernet(packet);
    else
        decoder.ip(packet);
    return decoder.take();
}

std::string to_line(const Decoded& decoded) {
    const auto& headers = decoded.headers;
    std::string line;
    const auto add = [&](const std::string& words) { line += (line.empty() ? "" : " ") + words; };
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const Header* const next = i + 1 < headers.size() ? &headers[i + 1] : nullptr;
        const bool carries = next != nullptr && (is_ip(*next) || next->layer == "arp");
        if (headers[i].layer == "ethernet" && carries) continue;
        // In the first piece of a packet the ports stand behind the fragment.
        const bool in_pieces = next != nullptr && next->layer == "fragment";
        const Header* const upper =
            in_pieces ? (i + 2 < headers.size() ? &headers[i + 2] : nullptr) : next;
        if (is_ip(headers[i]))
            add(end_words(headers[i], upper, true) + " > " + end_words(headers[i], upper, false));
        add(headers[i].words);
        if (headers[i].layer == "vxlan") add("|");
    }
    if (!decoded.trouble.empty()) add("(" + decoded.trouble + ")");
    return line + (line.empty() ? "" : ", ") + std::to_string(decoded.payload_octets) +
           (decoded.payload_octets == 1 ? " octet" : " octets");
}

}  // namespace flatlan::capture
