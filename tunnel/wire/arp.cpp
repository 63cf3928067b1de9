#include "tunnel/wire/arp.hpp"

#include "tunnel/wire/address_octets.hpp"
#include "tunnel/wire/ethernet.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint16_t kHardwareEthernet = 1;  // IANA, "ARP Parameters"

}  // namespace

Parsed<ArpPacket> ArpPacket::parse(std::span<const std::byte> payload) {
    ByteReader in{payload};
    const bool known = in.u16() == kHardwareEthernet && EtherType{in.u16()} == EtherType::ipv4 &&
                       in.u8() == MacAddress::kSizeBytes && in.u8() == Ipv4Address::kSizeBytes;
    if (in.truncated()) return DropReason::truncated;
    if (!known) return DropReason::unknown_message;
    ArpPacket packet;
    packet.operation = ArpOperation{in.u16()};
    packet.sender_mac = read_mac(in);
    packet.sender = read_ipv4(in);
    packet.target_mac = read_mac(in);
    packet.target = read_ipv4(in);
    if (in.truncated()) return DropReason::truncated;
    if (packet.operation != ArpOperation::request && packet.operation != ArpOperation::reply)
        return DropReason::unknown_message;
    return packet;
}

void ArpPacket::write(std::span<std::byte, kSizeBytes> out) const {
    ByteWriter to{out};
    to.u16(kHardwareEthernet);
    to.u16(static_cast<std::uint16_t>(EtherType::ipv4));
    to.u8(MacAddress::kSizeBytes);
    to.u8(Ipv4Address::kSizeBytes);
    to.u16(static_cast<std::uint16_t>(operation));
    to.bytes(sender_mac.octets());
    to.u32(sender.value());
    to.bytes(target_mac.octets());
    to.u32(target.value());
}

std::string to_string(const ArpPacket& packet) {
    if (packet.operation == ArpOperation::request)
        return "ARP who has " + to_string(packet.target) + ", tell " + to_string(packet.sender);
    return "ARP " + to_string(packet.sender) + " is at " + to_string(packet.sender_mac);
}

}  // namespace flatlan::tunnel
