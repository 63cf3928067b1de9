#include "tunnel/engine/engine.hpp"

#include "tunnel/engine/tunnel_traffic_class.hpp"
#include "tunnel/wire/flow_hash.hpp"

namespace flatlan::tunnel {
namespace {

ActionBatch batch_of(Action action) {
    ActionBatch batch;
    batch.push_back(std::move(action));
    return batch;
}

}  // namespace

Engine::Engine(Instant now, EngineSettings settings, PacketPool& pool)
    : settings_{std::move(settings)},
      pool_{pool},
      peers_{settings_.endpoint, settings_.blocks},
      error_budget_{now, settings_.icmp_errors_burst, settings_.icmp_error_interval} {}

Result<void> Engine::configure(EngineSettings settings, std::span<const Peer> peers) {
    FLATLAN_TRY_VOID(peers_.set(settings.endpoint, settings.blocks, peers));
    settings_ = std::move(settings);
    return success();
}

ActionBatch Engine::handle_from_pod(Instant now, PacketBuffer packet) {
    FLATLAN_CHECK(packet.head_room_bytes() >= kHeadRoomBytes);
    const auto ip = IpPacket::parse(packet.bytes());
    if (!ip) return dropped(ip.reason(), std::nullopt);
    packet.trim_back(packet.size_bytes() - ip->size_bytes());

    const auto way = way_of(*ip);
    if (const Refusal* refusal = std::get_if<Refusal>(&way))
        return refuse(now, std::move(packet), *ip, *refusal);
    return forward(std::move(packet), *ip, std::get<PeerId>(way));
}

std::variant<PeerId, Engine::Refusal> Engine::way_of(const IpPacket& ip) const {
    if (!is_forwardable(ip.source()) || !is_forwardable(ip.destination()))
        return Refusal{DropReason::unforwardable_address};
    if (peers_.find_owner(ip.source()) != kOwnNode) return Refusal{DropReason::foreign_source};
    const auto to = peers_.find_owner(ip.destination());
    if (!to || *to == kOwnNode)
        return Refusal{DropReason::no_route, std::nullopt,
                       PacketError{PacketError::Kind::unreachable}};
    if (const auto error = hop_limit_error(ip))
        return Refusal{DropReason::hop_limit_expired, to, error};

    const std::uint32_t mtu_bytes = peers_.get(*to).peer.mtu.value();
    const bool may_fragment = ip.ipv4() != nullptr && !ip.ipv4()->dont_fragment;
    if (ip.size_bytes() > mtu_bytes && !may_fragment)
        return Refusal{
            DropReason::too_big, to,
            PacketError{PacketError::Kind::too_big, static_cast<std::uint16_t>(mtu_bytes)}};
    return *to;
}

ActionBatch Engine::forward(PacketBuffer packet, const IpPacket& ip, PeerId to) {
    if (settings_.hop_limit_rule == HopLimitRule::decrement) decrement_hop_limit(packet.bytes());
    const Port source_port = outer_source_port(ip.flow_hash(packet.bytes()));
    const std::size_t size_bytes = packet.size_bytes();
    const OverlayMtu mtu = peers_.get(to).peer.mtu;

    ActionBatch batch;
    if (size_bytes <= mtu.value()) {
        batch.push_back(encapsulated(std::move(packet), to, ether_type_of(ip), ip.traffic_class(),
                                     source_port));
    } else {
        Fragments fragments;
        if (const auto reason = fragment_ipv4(std::move(packet), *ip.ipv4(), mtu, pool_, fragments))
            return dropped(*reason, to);
        for (PacketBuffer& fragment : fragments)
            batch.push_back(encapsulated(std::move(fragment), to, EtherType::ipv4,
                                         ip.traffic_class(), source_port));
    }
    std::get<Transmit>(batch[batch.size() - 1]).counted = CountedPacket{to, size_bytes};
    Counters& counted = counters_of(to);
    ++counted.sent_packets;
    counted.sent_octets += size_bytes;
    return batch;
}

std::optional<PacketError> Engine::hop_limit_error(const IpPacket& ip) const {
    if (settings_.hop_limit_rule == HopLimitRule::keep || ip.hop_limit() > 1) return std::nullopt;
    return PacketError{PacketError::Kind::hop_limit_expired};
}

ActionBatch Engine::refuse(Instant now, PacketBuffer packet, const IpPacket& ip,
                           const Refusal& refusal) {
    Counters& counted = counters_of(refusal.peer);
    if (refusal.error)
        if (auto error = error_about(now, std::move(packet), ip, *refusal.error, counted)) {
            ++counted.dropped[static_cast<std::size_t>(refusal.reason)];
            return batch_of(std::move(*error));
        }
    return dropped(refusal.reason, refusal.peer);
}

std::optional<Action> Engine::error_about(Instant now, PacketBuffer packet, const IpPacket& ip,
                                          const PacketError& error, Counters& counted) {
    const auto from = settings_.gateway.addresses.find(ip.family());
    const auto owner = peers_.find_owner(ip.source());
    if (!from || !owner || !may_answer_with_error(ip, packet.bytes())) return std::nullopt;
    if (!error_budget_.take(now)) {
        ++counted.errors_withheld;
        return std::nullopt;
    }
    turn_into_icmp_error(packet, ip, error, *from);
    if (*owner == kOwnNode) {
        ++counted.errors_sent;
        return Deliver{std::move(packet)};
    }
    if (packet.size_bytes() > peers_.get(*owner).peer.mtu.value()) return std::nullopt;
    ++counted.errors_sent;
    const auto sent = IpPacket::parse(packet.bytes());
    FLATLAN_CHECK(sent);
    const Port source_port = outer_source_port(sent->flow_hash(packet.bytes()));
    return encapsulated(std::move(packet), *owner, ether_type_of(*sent), sent->traffic_class(),
                        source_port);
}

Transmit Engine::encapsulated(PacketBuffer packet, PeerId to, EtherType type, TrafficClass inner,
                              Port source_port) const {
    packet.prepend(EthernetHeader::kSizeBytes);
    EthernetHeader{peers_.get(to).peer.mac, settings_.gateway.mac, type}.write(
        packet.bytes().first<EthernetHeader::kSizeBytes>());
    return enclosed(std::move(packet), to, inner, source_port);
}

Transmit Engine::enclosed(PacketBuffer frame, PeerId to, TrafficClass inner,
                          Port source_port) const {
    frame.prepend(VxlanHeader::kSizeBytes);
    VxlanHeader{settings_.vni}.write(frame.bytes().first<VxlanHeader::kSizeBytes>());
    return {.datagram = std::move(frame),
            .to = peers_.get(to).peer.endpoint,
            .source_port = source_port,
            .traffic_class = outer_traffic_class(inner)};
}

ActionBatch Engine::dropped(DropReason reason, std::optional<PeerId> peer) {
    ++counters_of(peer).dropped[static_cast<std::size_t>(reason)];
    return batch_of(Drop{reason});
}

void Engine::count_not_sent(const CountedPacket& packet) {
    Counters& counted = counters_of(packet.peer);
    --counted.sent_packets;
    counted.sent_octets -= packet.octets;
    ++counted.dropped[static_cast<std::size_t>(DropReason::not_sent)];
}

void Engine::count_not_delivered(const CountedPacket& packet) {
    Counters& counted = counters_of(packet.peer);
    --counted.received_packets;
    counted.received_octets -= packet.octets;
    ++counted.dropped[static_cast<std::size_t>(DropReason::not_delivered)];
}

Counters& Engine::counters_of(std::optional<PeerId> peer) {
    return peer ? peers_.get(*peer).counters : unattributed_;
}

Counters Engine::counters() const {
    Counters sum = peers_.counters();
    sum += unattributed_;
    return sum;
}

const Counters* Engine::find_counters(const IpAddress& endpoint) const {
    const auto id = peers_.find_endpoint(endpoint);
    return id ? &peers_.get(*id).counters : nullptr;
}

}  // namespace flatlan::tunnel
