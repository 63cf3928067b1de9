#include "tunnel/wire/ipv6_extensions.hpp"

#include <algorithm>

#include "overlay/base/bytes.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint16_t kMoreFragments = 0x0001;
constexpr std::uint16_t kFragmentOffset = 0xfff8;  // in place it counts octets

/// The size in octets of an extension header whose second octet is `length`; 0 when the protocol is
/// no extension header.
std::size_t extension_size_bytes(IpProtocol protocol, std::uint8_t length) {
    switch (protocol) {
        case IpProtocol::hop_by_hop:
        case IpProtocol::routing:
        case IpProtocol::destination_options:
            return (std::size_t{length} + 1) * 8;
        case IpProtocol::fragment:
            return Ipv6FragmentHeader::kSizeBytes;
        case IpProtocol::authentication:
            return (std::size_t{length} + 2) * 4;
        default:
            return 0;
    }
}

bool is_extension(IpProtocol protocol) { return extension_size_bytes(protocol, 0) != 0; }

}  // namespace

Parsed<Ipv6FragmentHeader> Ipv6FragmentHeader::parse(std::span<const std::byte> octets) {
    ByteReader in{octets};
    Ipv6FragmentHeader header;
    header.next_header = IpProtocol{in.u8()};
    in.u8();  // reserved
    const std::uint16_t offset_and_flags = in.u16();
    header.offset_bytes = offset_and_flags & kFragmentOffset;
    header.more_fragments = (offset_and_flags & kMoreFragments) != 0;
    header.identification = in.u32();
    if (in.truncated()) return DropReason::truncated;
    return header;
}

void Ipv6FragmentHeader::write(std::span<std::byte, kSizeBytes> out) const {
    FLATLAN_CHECK((offset_bytes & ~unsigned{kFragmentOffset}) == 0);
    ByteWriter to{out};
    to.u8(static_cast<std::uint8_t>(next_header));
    to.u8(0);
    to.u16(static_cast<std::uint16_t>(offset_bytes | (more_fragments ? kMoreFragments : 0)));
    to.u32(identification);
}

std::string to_string(const Ipv6FragmentHeader& header) {
    return "fragment at " + std::to_string(header.offset_bytes) +
           (header.more_fragments ? ", more follow, of " : ", the last, of ") +
           to_string(header.next_header) + " " + std::to_string(header.identification);
}

Parsed<Ipv6Upper> find_ipv6_upper(const Ipv6Header& header, std::span<const std::byte> packet) {
    packet = packet.first(std::min(packet.size(), header.total_size_bytes()));
    Ipv6Upper upper{header.next_header, Ipv6Header::kSizeBytes, std::nullopt};
    for (std::size_t walked = 0; upper.has_header() && is_extension(upper.protocol); ++walked) {
        if (walked == kIpv6ExtensionsMax) return DropReason::too_many_headers;
        ByteReader in{packet.subspan(upper.offset_bytes)};
        const auto extension = in.rest();
        const IpProtocol next{in.u8()};
        const std::size_t size_bytes = extension_size_bytes(upper.protocol, in.u8());
        if (in.truncated() || size_bytes > extension.size()) return DropReason::truncated;
        if (upper.protocol == IpProtocol::fragment)
            upper.fragment = *Ipv6FragmentHeader::parse(extension);
        upper.protocol = next;
        upper.offset_bytes += size_bytes;
    }
    return upper;
}

}  // namespace flatlan::tunnel
