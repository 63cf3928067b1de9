#include "tunnel/wire/ethernet.hpp"

#include <string_view>

#include "tunnel/wire/address_octets.hpp"

namespace flatlan::tunnel {

std::string to_string(EtherType type) {
    switch (type) {
        case EtherType::ipv4:
            return "IPv4";
        case EtherType::arp:
            return "ARP";
        case EtherType::ipv6:
            return "IPv6";
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto value = static_cast<std::uint16_t>(type);
    std::string text = "0x";
    for (const unsigned shift : {12U, 8U, 4U, 0U})
        text += kDigits[value >> shift & 0xfU];
    return text;
}

Parsed<EthernetHeader> EthernetHeader::parse(std::span<const std::byte> frame) {
    ByteReader in{frame};
    EthernetHeader header;
    header.destination = read_mac(in);
    header.source = read_mac(in);
    header.type = EtherType{in.u16()};
    if (in.truncated()) return DropReason::truncated;
    return header;
}

void EthernetHeader::write(std::span<std::byte, kSizeBytes> out) const {
    ByteWriter to{out};
    to.bytes(destination.octets());
    to.bytes(source.octets());
    to.u16(static_cast<std::uint16_t>(type));
}

std::string to_string(const EthernetHeader& header) {
    return to_string(header.source) + " > " + to_string(header.destination) + " " +
           to_string(header.type);
}

}  // namespace flatlan::tunnel
