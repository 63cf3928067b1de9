#include "tunnel/wire/ipv4.hpp"

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/address_octets.hpp"
#include "tunnel/wire/checksum.hpp"

namespace flatlan::tunnel {
namespace {

constexpr unsigned kVersion = 4;
constexpr unsigned kWordBytes = 4;          // IHL counts 32-bit words
constexpr unsigned kFragmentUnitBytes = 8;  // the fragment offset counts units of 64 bits
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kFragmentOffset = 0x1fff;

}  // namespace

Parsed<Ipv4Header> Ipv4Header::parse(std::span<const std::byte> packet) {
    auto header = parse_quoted(packet);
    if (header && header->total_size_bytes > packet.size()) return DropReason::bad_payload_length;
    return header;
}

Parsed<Ipv4Header> Ipv4Header::parse_quoted(std::span<const std::byte> start_of_packet) {
    ByteReader in{start_of_packet};
    Ipv4Header header;
    const unsigned version_and_length = in.u8();
    header.traffic_class = TrafficClass::from_octet(in.u8());
    header.total_size_bytes = in.u16();
    header.identification = in.u16();
    const std::uint16_t fragment = in.u16();
    header.ttl = in.u8();
    header.protocol = IpProtocol{in.u8()};
    in.u16();  // the checksum, which is summed up with the rest
    header.source = read_ipv4(in);
    header.destination = read_ipv4(in);
    if (in.truncated()) return DropReason::truncated;

    if (version_and_length >> 4U != kVersion) return DropReason::wrong_version;
    header.header_size_bytes = static_cast<std::uint8_t>((version_and_length & 0xfU) * kWordBytes);
    if (header.header_size_bytes < kSizeBytes) return DropReason::bad_header_length;
    if (header.header_size_bytes > start_of_packet.size()) return DropReason::truncated;
    if (header.total_size_bytes < header.header_size_bytes) return DropReason::bad_payload_length;
    if (internet_checksum(start_of_packet.first(header.header_size_bytes)) != 0)
        return DropReason::bad_checksum;

    header.dont_fragment = (fragment & kDontFragment) != 0;
    header.more_fragments = (fragment & kMoreFragments) != 0;
    header.fragment_offset_bytes =
        static_cast<std::uint16_t>((fragment & kFragmentOffset) * kFragmentUnitBytes);
    return header;
}

void Ipv4Header::write(std::span<std::byte, kSizeBytes> out) const {
    FLATLAN_CHECK(header_size_bytes == kSizeBytes);
    FLATLAN_CHECK(fragment_offset_bytes % kFragmentUnitBytes == 0);
    ByteWriter to{out};
    to.u8(kVersion << 4U | kSizeBytes / kWordBytes);
    to.u8(traffic_class.octet());
    to.u16(total_size_bytes);
    to.u16(identification);
    to.u16(static_cast<std::uint16_t>((dont_fragment ? kDontFragment : 0) |
                                      (more_fragments ? kMoreFragments : 0) |
                                      fragment_offset_bytes / kFragmentUnitBytes));
    to.u8(ttl);
    to.u8(static_cast<std::uint8_t>(protocol));
    to.u16(0);
    to.u32(source.value());
    to.u32(destination.value());
    ByteWriter{out.subspan<kChecksumAt>()}.u16(internet_checksum(out));
}

std::string to_string(const Ipv4Header& header) {
    std::string text = to_string(header.source) + " > " + to_string(header.destination) + " " +
                       to_string(header.protocol) + ", " + std::to_string(header.total_size_bytes) +
                       " octets, TTL " + std::to_string(header.ttl) + ", " +
                       to_string(header.traffic_class);
    if (header.dont_fragment) text += ", not to be fragmented";
    if (header.is_fragment())
        text += ", fragment at " + std::to_string(header.fragment_offset_bytes) +
                (header.more_fragments ? ", more follow" : ", the last");
    return text;
}

}  // namespace flatlan::tunnel
