#include "tunnel/engine/neighbour_answer.hpp"

#include <utility>

#include "tunnel/wire/arp.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/neighbour_discovery.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint8_t kDiscoveryTypeMin = 133;  // router solicitation
constexpr std::uint8_t kDiscoveryTypeMax = 137;  // redirect

/// Empties the frame, so that an answer can be built from its end to its front.
void clear(PacketBuffer& frame) { frame.trim_front(frame.size_bytes()); }

void prepend_ethernet(PacketBuffer& frame, const EthernetHeader& header) {
    frame.prepend(EthernetHeader::kSizeBytes);
    header.write(frame.bytes().first<EthernetHeader::kSizeBytes>());
}

std::optional<DropReason> answer_arp(PacketBuffer& frame, const Gateway& gateway) {
    const auto asked =
        ArpPacket::parse(std::as_const(frame).bytes().subspan(EthernetHeader::kSizeBytes));
    if (!asked) return asked.reason();
    if (asked->operation != ArpOperation::request || asked->target != gateway.addresses.ipv4)
        return DropReason::not_for_gateway;
    clear(frame);
    frame.prepend(ArpPacket::kSizeBytes);
    const ArpPacket answer{ArpOperation::reply, gateway.mac, asked->target, asked->sender_mac,
                           asked->sender};
    answer.write(frame.bytes().first<ArpPacket::kSizeBytes>());
    prepend_ethernet(frame, {asked->sender_mac, gateway.mac, EtherType::arp});
    return std::nullopt;
}

std::optional<DropReason> answer_discovery(PacketBuffer& frame, const Gateway& gateway,
                                           const MacAddress& asker) {
    const auto packet = std::as_const(frame).bytes().subspan(EthernetHeader::kSizeBytes);
    const auto ip = Ipv6Header::parse(packet);
    if (!ip) return ip.reason();
    const auto message = packet.subspan(Ipv6Header::kSizeBytes, ip->payload_size_bytes);
    const auto asked = NeighbourSolicitation::parse(message, ip->source, ip->destination);
    if (!asked) return asked.reason();
    // A hop limit under 255 was sent from beyond a router; who has no address yet asks whether the
    // gateway's is free, and gets no answer that it could be told from a stranger's.
    if (ip->hop_limit != kNeighbourHopLimit || asked->target != gateway.addresses.ipv6 ||
        ip->source.is_unspecified() || ip->source.is_multicast())
        return DropReason::not_for_gateway;

    const NeighbourAdvertisement answer{.target = asked->target,
                                        .target_mac = gateway.mac,
                                        .from_router = true,
                                        .solicited = true,
                                        .overriding = true};
    clear(frame);
    frame.prepend(answer.size_bytes());
    answer.write(frame.bytes(), answer.target, ip->source);
    const Ipv6Header header{.payload_size_bytes = static_cast<std::uint16_t>(answer.size_bytes()),
                            .next_header = IpProtocol::icmpv6,
                            .hop_limit = kNeighbourHopLimit,
                            .source = answer.target,
                            .destination = ip->source};
    frame.prepend(Ipv6Header::kSizeBytes);
    header.write(frame.bytes().first<Ipv6Header::kSizeBytes>());
    prepend_ethernet(frame, {asked->source_mac.value_or(asker), gateway.mac, EtherType::ipv6});
    return std::nullopt;
}

}  // namespace

bool is_neighbour_frame(std::span<const std::byte> frame) {
    const auto ethernet = EthernetHeader::parse(frame);
    if (!ethernet) return false;
    if (ethernet->type == EtherType::arp) return true;
    if (ethernet->type != EtherType::ipv6) return false;
    const auto packet = frame.subspan(EthernetHeader::kSizeBytes);
    const auto ip = Ipv6Header::parse_quoted(packet);
    if (!ip || ip->next_header != IpProtocol::icmpv6 || packet.size() == Ipv6Header::kSizeBytes)
        return false;
    const auto type = std::to_integer<std::uint8_t>(packet[Ipv6Header::kSizeBytes]);
    return type >= kDiscoveryTypeMin && type <= kDiscoveryTypeMax;
}

std::optional<DropReason> turn_into_neighbour_answer(PacketBuffer& frame, const Gateway& gateway) {
    const auto ethernet = EthernetHeader::parse(frame.bytes());
    if (!ethernet) return ethernet.reason();
    if (ethernet->type == EtherType::arp) return answer_arp(frame, gateway);
    return answer_discovery(frame, gateway, ethernet->source);
}

}  // namespace flatlan::tunnel
