#include "tunnel/engine/ip_packet.hpp"

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/flow_hash.hpp"
#include "tunnel/wire/overloaded.hpp"

namespace flatlan::tunnel {
namespace {

unsigned version_of(std::span<const std::byte> packet) {
    return std::to_integer<unsigned>(packet[0]) >> 4U;
}

std::uint16_t word_at(std::span<const std::byte> packet, std::size_t at) {
    return ByteReader{packet.subspan(at)}.u16();
}

void set_word(std::span<std::byte> packet, std::size_t at, std::uint16_t word) {
    ByteWriter{packet.subspan(at)}.u16(word);
}

/// Puts `octet` at `at` of an IPv4 header and mends the checksum.
void set_ipv4_octet(std::span<std::byte> packet, std::size_t at, std::uint8_t octet) {
    const std::size_t word = at & ~std::size_t{1};
    const std::uint16_t was = word_at(packet, word);
    packet[at] = std::byte{octet};
    const std::uint16_t checksum = word_at(packet, Ipv4Header::kChecksumAt);
    set_word(packet, Ipv4Header::kChecksumAt,
             updated_checksum(checksum, was, word_at(packet, word)));
}

}  // namespace

Parsed<IpPacket> IpPacket::parse(std::span<const std::byte> packet) {
    if (packet.empty()) return DropReason::truncated;
    if (version_of(packet) == 4) {
        const auto header = Ipv4Header::parse(packet);
        if (!header) return header.reason();
        return IpPacket{*header};
    }
    const auto header = Ipv6Header::parse(packet);
    if (!header) return header.reason();
    return IpPacket{*header};
}

IpAddress IpPacket::source() const {
    return std::visit([](const auto& header) { return IpAddress{header.source}; }, header_);
}

IpAddress IpPacket::destination() const {
    return std::visit([](const auto& header) { return IpAddress{header.destination}; }, header_);
}

TrafficClass IpPacket::traffic_class() const {
    return std::visit([](const auto& header) { return header.traffic_class; }, header_);
}

std::uint8_t IpPacket::hop_limit() const {
    return std::visit(Overloaded{[](const Ipv4Header& header) { return header.ttl; },
                                 [](const Ipv6Header& header) { return header.hop_limit; }},
                      header_);
}

std::size_t IpPacket::size_bytes() const {
    return std::visit(
        Overloaded{[](const Ipv4Header& header) { return std::size_t{header.total_size_bytes}; },
                   [](const Ipv6Header& header) { return header.total_size_bytes(); }},
        header_);
}

std::uint64_t IpPacket::flow_hash(std::span<const std::byte> packet) const {
    return std::visit([&](const auto& header) { return tunnel::flow_hash(header, packet); },
                      header_);
}

EtherType ether_type_of(const IpPacket& packet) {
    return packet.family() == IpFamily::ipv4 ? EtherType::ipv4 : EtherType::ipv6;
}

bool is_forwardable(const IpAddress& address) {
    const auto special = [](const auto& ip) {
        return ip.is_unspecified() || ip.is_loopback() || ip.is_link_local() || ip.is_multicast();
    };
    if (address.is_ipv4()) return !special(address.ipv4()) && !address.ipv4().is_broadcast();
    return !special(address.ipv6());
}

void set_traffic_class(std::span<std::byte> packet, TrafficClass traffic_class) {
    if (version_of(packet) == 4) {
        set_ipv4_octet(packet, Ipv4Header::kTrafficClassAt, traffic_class.octet());
        return;
    }
    // The octet lies across the header's first two: version, class, flow label.
    constexpr unsigned kShiftBits = 4;
    constexpr unsigned kOthers = 0xf00f;
    const unsigned others = word_at(packet, 0) & kOthers;
    set_word(packet, 0,
             static_cast<std::uint16_t>(others | unsigned{traffic_class.octet()} << kShiftBits));
}

void decrement_hop_limit(std::span<std::byte> packet) {
    const bool ipv4 = version_of(packet) == 4;
    const std::size_t at = ipv4 ? Ipv4Header::kTtlAt : Ipv6Header::kHopLimitAt;
    const auto was = std::to_integer<std::uint8_t>(packet[at]);
    FLATLAN_CHECK(was > 0);
    const auto is = static_cast<std::uint8_t>(was - 1);
    if (ipv4)
        set_ipv4_octet(packet, at, is);
    else
        packet[at] = std::byte{is};
}

}  // namespace flatlan::tunnel
