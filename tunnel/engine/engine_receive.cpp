// The half of the Engine that takes datagrams from the underlay.

#include "tunnel/engine/engine.hpp"
#include "tunnel/engine/tunnel_traffic_class.hpp"
#include "tunnel/wire/flow_hash.hpp"

namespace flatlan::tunnel {

ActionBatch Engine::handle_from_underlay(Instant now, PacketBuffer datagram,
                                         const Arrival& arrival) {
    FLATLAN_CHECK(datagram.head_room_bytes() >= kHeadRoomBytes);
    const auto from = peers_.find_endpoint(arrival.from);
    if (!from) return dropped(DropReason::unknown_endpoint, std::nullopt);
    const auto vxlan = VxlanHeader::parse(datagram.bytes());
    if (!vxlan) return dropped(vxlan.reason(), from);
    if (vxlan->vni != settings_.vni) return dropped(DropReason::wrong_vni, from);
    datagram.trim_front(VxlanHeader::kSizeBytes);
    return receive_frame(now, std::move(datagram), *from, arrival.traffic_class);
}

ActionBatch Engine::receive_frame(Instant now, PacketBuffer frame, PeerId from,
                                  TrafficClass outer) {
    const auto ethernet = EthernetHeader::parse(frame.bytes());
    if (!ethernet) return dropped(ethernet.reason(), from);
    const bool for_us = ethernet->destination == settings_.gateway.mac;
    if (is_neighbour_frame(frame.bytes()) && (for_us || ethernet->destination.is_multicast()))
        return answer(std::move(frame), from);
    if (!for_us) return dropped(DropReason::wrong_destination, from);
    if (ethernet->type != EtherType::ipv4 && ethernet->type != EtherType::ipv6)
        return dropped(DropReason::unknown_ether_type, from);

    frame.trim_front(EthernetHeader::kSizeBytes);
    const auto ip = IpPacket::parse(frame.bytes());
    if (!ip) return dropped(ip.reason(), from);
    const bool ipv4 = ethernet->type == EtherType::ipv4;
    if (ipv4 != (ip->family() == IpFamily::ipv4)) return dropped(DropReason::wrong_version, from);
    frame.trim_back(frame.size_bytes() - ip->size_bytes());
    return deliver(now, std::move(frame), *ip, from, outer);
}

ActionBatch Engine::answer(PacketBuffer question, PeerId from) {
    if (const auto reason = turn_into_neighbour_answer(question, settings_.gateway))
        return dropped(*reason, from);
    ++counters_of(from).answered;
    ActionBatch batch;
    batch.push_back(enclosed(std::move(question), from, TrafficClass{}, outer_source_port(0)));
    return batch;
}

std::optional<Engine::Refusal> Engine::refusal_of_inner(const IpPacket& ip, PeerId sender) const {
    if (!is_forwardable(ip.source()) || !is_forwardable(ip.destination()))
        return Refusal{DropReason::unforwardable_address, sender};
    if (peers_.find_owner(ip.source()) != sender)
        return Refusal{DropReason::foreign_source, sender};
    if (peers_.find_owner(ip.destination()) != kOwnNode)
        return Refusal{DropReason::foreign_destination, sender};
    if (const auto error = hop_limit_error(ip))
        return Refusal{DropReason::hop_limit_expired, sender, error};
    return std::nullopt;
}

ActionBatch Engine::deliver(Instant now, PacketBuffer packet, const IpPacket& ip, PeerId from,
                            TrafficClass outer) {
    if (const auto refusal = refusal_of_inner(ip, from))
        return refuse(now, std::move(packet), ip, *refusal);
    const auto traffic_class = inner_traffic_class(ip.traffic_class(), outer);
    if (!traffic_class) return dropped(traffic_class.reason(), from);
    if (*traffic_class != ip.traffic_class()) set_traffic_class(packet.bytes(), *traffic_class);
    if (settings_.hop_limit_rule == HopLimitRule::decrement) decrement_hop_limit(packet.bytes());

    Counters& counted = counters_of(from);
    ++counted.received_packets;
    const std::size_t size_bytes = packet.size_bytes();
    counted.received_octets += size_bytes;
    ActionBatch batch;
    batch.push_back(Deliver{std::move(packet), CountedPacket{from, size_bytes}});
    return batch;
}

}  // namespace flatlan::tunnel
