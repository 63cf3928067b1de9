#include "tunnel/wire/udp.hpp"

#include "overlay/base/bytes.hpp"

namespace flatlan::tunnel {

Parsed<UdpHeader> UdpHeader::parse(std::span<const std::byte> datagram) {
    ByteReader in{datagram};
    UdpHeader header;
    header.source = Port{in.u16()};
    header.destination = Port{in.u16()};
    header.size_bytes = in.u16();
    header.checksum = in.u16();
    if (in.truncated()) return DropReason::truncated;
    if (header.size_bytes < kSizeBytes || header.size_bytes > datagram.size())
        return DropReason::bad_payload_length;
    return header;
}

void UdpHeader::write(std::span<std::byte, kSizeBytes> out) const {
    ByteWriter to{out};
    to.u16(source.value());
    to.u16(destination.value());
    to.u16(size_bytes);
    to.u16(checksum);
}

std::string to_string(const UdpHeader& header) {
    return std::to_string(header.source.value()) + " > " +
           std::to_string(header.destination.value()) + ", " + std::to_string(header.size_bytes) +
           " octets";
}

}  // namespace flatlan::tunnel
