#include "tunnel/wire/ipv6.hpp"

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/address_octets.hpp"

namespace flatlan::tunnel {
namespace {

constexpr unsigned kVersion = 6;
constexpr unsigned kVersionShiftBits = 28;
constexpr unsigned kTrafficClassShiftBits = 20;
constexpr std::uint32_t kFlowLabel = 0xf'ffff;

}  // namespace

Parsed<Ipv6Header> Ipv6Header::parse(std::span<const std::byte> packet) {
    auto header = parse_quoted(packet);
    if (header && header->total_size_bytes() > packet.size()) return DropReason::bad_payload_length;
    return header;
}

Parsed<Ipv6Header> Ipv6Header::parse_quoted(std::span<const std::byte> start_of_packet) {
    ByteReader in{start_of_packet};
    const std::uint32_t first_word = in.u32();
    Ipv6Header header;
    header.payload_size_bytes = in.u16();
    header.next_header = IpProtocol{in.u8()};
    header.hop_limit = in.u8();
    header.source = read_ipv6(in);
    header.destination = read_ipv6(in);
    if (in.truncated()) return DropReason::truncated;
    if (first_word >> kVersionShiftBits != kVersion) return DropReason::wrong_version;
    header.traffic_class =
        TrafficClass::from_octet(static_cast<std::uint8_t>(first_word >> kTrafficClassShiftBits));
    header.flow_label = first_word & kFlowLabel;
    return header;
}

void Ipv6Header::write(std::span<std::byte, kSizeBytes> out) const {
    FLATLAN_CHECK(flow_label <= kFlowLabel);
    ByteWriter to{out};
    to.u32(kVersion << kVersionShiftBits |
           std::uint32_t{traffic_class.octet()} << kTrafficClassShiftBits | flow_label);
    to.u16(payload_size_bytes);
    to.u8(static_cast<std::uint8_t>(next_header));
    to.u8(hop_limit);
    to.bytes(source.octets());
    to.bytes(destination.octets());
}

std::string to_string(const Ipv6Header& header) {
    return to_string(header.source) + " > " + to_string(header.destination) + " " +
           to_string(header.next_header) + ", " + std::to_string(header.total_size_bytes()) +
           " octets, hop limit " + std::to_string(header.hop_limit) + ", " +
           to_string(header.traffic_class);
}

}  // namespace flatlan::tunnel
