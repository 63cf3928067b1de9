// The Engine's quick way, for many packets of one flow at once.

#include "tunnel/engine/engine.hpp"
#include "tunnel/engine/tunnel_traffic_class.hpp"
#include "tunnel/wire/flow_hash.hpp"

namespace flatlan::tunnel {

std::optional<WayOut> Engine::find_way_out(std::span<const std::byte> packet,
                                           std::size_t size_bytes_max) const {
    if (settings_.hop_limit_rule != HopLimitRule::keep) return std::nullopt;
    const auto ip = IpPacket::parse(packet);
    if (!ip || !is_forwardable(ip->source()) || !is_forwardable(ip->destination()))
        return std::nullopt;
    if (peers_.find_owner(ip->source()) != kOwnNode) return std::nullopt;
    const auto to = peers_.find_owner(ip->destination());
    if (!to || *to == kOwnNode) return std::nullopt;
    const Peer& peer = peers_.get(*to).peer;
    if (size_bytes_max > peer.mtu.value()) return std::nullopt;

    WayOut way{.peer = *to,
               .to = peer.endpoint,
               .source_port = outer_source_port(ip->flow_hash(packet)),
               .traffic_class = outer_traffic_class(ip->traffic_class())};
    const std::span heading{way.heading};
    VxlanHeader{settings_.vni}.write(heading.first<VxlanHeader::kSizeBytes>());
    EthernetHeader{peer.mac, settings_.gateway.mac, ether_type_of(*ip)}.write(
        heading.last<EthernetHeader::kSizeBytes>());
    return way;
}

void Engine::count_sent(PeerId to, std::uint64_t packets, std::uint64_t octets) {
    Counters& counted = counters_of(to);
    counted.sent_packets += packets;
    counted.sent_octets += octets;
}

void Engine::count_dropped(std::optional<PeerId> peer, DropReason reason, std::uint64_t packets) {
    counters_of(peer).dropped[static_cast<std::size_t>(reason)] += packets;
}

std::optional<Admission> Engine::find_admission(std::span<const std::byte> datagram, PeerId sender,
                                                TrafficClass outer) const {
    if (settings_.hop_limit_rule != HopLimitRule::keep) return std::nullopt;
    const auto vxlan = VxlanHeader::parse(datagram);
    if (!vxlan || vxlan->vni != settings_.vni) return std::nullopt;
    const auto frame = datagram.subspan(VxlanHeader::kSizeBytes);
    const auto ethernet = EthernetHeader::parse(frame);
    if (!ethernet || ethernet->destination != settings_.gateway.mac) return std::nullopt;
    const auto packet = frame.subspan(EthernetHeader::kSizeBytes);
    const auto ip = IpPacket::parse(packet);
    if (!ip || ethernet->type != ether_type_of(*ip) || is_neighbour_frame(frame))
        return std::nullopt;
    if (refusal_of_inner(*ip, sender)) return std::nullopt;
    const auto inner = inner_traffic_class(ip->traffic_class(), outer);
    if (!inner || *inner != ip->traffic_class()) return std::nullopt;
    return Admission{*ip, packet.first(ip->size_bytes())};
}

void Engine::count_received(PeerId from, std::uint64_t packets, std::uint64_t octets) {
    Counters& counted = counters_of(from);
    counted.received_packets += packets;
    counted.received_octets += octets;
}

}  // namespace flatlan::tunnel
