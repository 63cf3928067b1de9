#pragma once

#include <variant>
#include <vector>

#include "tunnel/engine/actions.hpp"
#include "tunnel/engine/burst.hpp"
#include "tunnel/engine/icmp_error.hpp"
#include "tunnel/engine/neighbour_answer.hpp"
#include "tunnel/engine/peer_table.hpp"
#include "tunnel/engine/token_bucket.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::tunnel {

/// Who counts hops. The tunnel by itself is a link and leaves TTL and hop limit alone: where a
/// kernel routes in front of it and behind it, that kernel counts. Where nothing else routes, the
/// engine is the router on both sides and takes off one hop each.
enum class HopLimitRule : std::uint8_t { keep, decrement };

/// What an engine is told once.
struct EngineSettings {
    Vni vni;
    IpAddress endpoint;            ///< this node's end of the tunnel, in the underlay
    Gateway gateway;               ///< its MAC address and its own addresses on the flat network
    std::vector<IpPrefix> blocks;  ///< whose addresses are this node's
    HopLimitRule hop_limit_rule = HopLimitRule::keep;
    /// ICMP errors: so many at once, then one per interval. Linux has the same numbers
    /// (net.ipv4.icmp_msgs_burst and icmp_msgs_per_sec).
    std::uint32_t icmp_errors_burst = 50;
    Duration icmp_error_interval = std::chrono::milliseconds{1};
};

/// Where a datagram came from, as its outer headers say.
struct Arrival {
    IpAddress from;              ///< outer source address
    TrafficClass traffic_class;  ///< of the outer IP header
};

/// One node's end of the tunnel (RFC 7348), without I/O: decides what becomes of each packet.
///
/// From a pod: the packet must be from one of our own addresses; the longest prefix says which node
/// gets it; it goes out in an Ethernet frame behind a VXLAN header. What cannot be forwarded is
/// dropped, and its sender is told by ICMP, as a router does.
///
/// From the underlay: the sender must be a known endpoint, the VNI ours, the frame for our MAC
/// address, the inner source one of that very node's addresses and the destination one of ours. ARP
/// and ND for the gateway are answered; nothing is learnt and nothing flooded.
///
/// Every packet counts once (counters.hpp). Nothing is allocated per packet: buffers come from the
/// caller, and fragments from the pool.
class Engine {
public:
    /// The head room that every buffer handed in has to have: an ICMP error and its encapsulation.
    static constexpr std::size_t kHeadRoomBytes = kIcmpErrorHeadRoomBytes + kEncapsulationBytes;

    /// `pool` lends buffers for fragments; it outlives the engine.
    Engine(Instant now, EngineSettings settings, PacketPool& pool);

    /// Makes these the peers (PeerTable::set, with its errors).
    Result<void> set_peers(std::span<const Peer> peers) { return peers_.set(peers); }
    /// The same, and these the settings (but for the rate of ICMP errors): what was counted stays,
    /// and when it fails nothing has changed.
    Result<void> configure(EngineSettings settings, std::span<const Peer> peers);

    /// An IP packet from the pods' side.
    ActionBatch handle_from_pod(Instant now, PacketBuffer packet);
    /// A UDP payload that arrived on the tunnel's port.
    ActionBatch handle_from_underlay(Instant now, PacketBuffer datagram, const Arrival& arrival);
    /// What an action handed out was not taken: the packet counts as dropped, no more as sent or
    /// received.
    void count_not_sent(const CountedPacket& packet);
    void count_not_delivered(const CountedPacket& packet);

    /// The way of a burst that starts with `packet` or, before it is segmented, is this packet; no
    /// IP packet of it is over `size_bytes_max`. Nothing where a packet would be dropped, cut or
    /// changed: that is for `handle_from_pod`. Who sends them says so with `count_sent`.
    std::optional<WayOut> find_way_out(std::span<const std::byte> packet,
                                       std::size_t size_bytes_max) const;
    void count_sent(PeerId to, std::uint64_t packets, std::uint64_t octets);
    /// Counts packets of a burst that were to be sent and were not.
    void count_dropped(std::optional<PeerId> peer, DropReason reason, std::uint64_t packets);

    /// Whose endpoint this is; then, for each datagram from there, the packet in it if it may be
    /// handed to the pods' side as it is. Nothing where anything else is to be done: that is for
    /// `handle_from_underlay`. Who hands them over says so with `count_received`.
    std::optional<PeerId> find_sender(const IpAddress& endpoint) const {
        return peers_.find_endpoint(endpoint);
    }
    std::optional<Admission> find_admission(std::span<const std::byte> datagram, PeerId sender,
                                            TrafficClass outer) const;
    void count_received(PeerId from, std::uint64_t packets, std::uint64_t octets);

    /// What was counted in all, and for one peer: null when no peer has the endpoint.
    Counters counters() const;
    const Counters* find_counters(const IpAddress& endpoint) const;

private:
    /// Why a packet is not forwarded: what is counted, for whom, and what its sender is told.
    struct Refusal {
        DropReason reason{};
        std::optional<PeerId> peer = std::nullopt;
        std::optional<PacketError> error = std::nullopt;
    };

    std::variant<PeerId, Refusal> way_of(const IpPacket& ip) const;
    std::optional<Refusal> refusal_of_inner(const IpPacket& ip, PeerId sender) const;
    std::optional<PacketError> hop_limit_error(const IpPacket& ip) const;

    ActionBatch forward(PacketBuffer packet, const IpPacket& ip, PeerId to);
    ActionBatch receive_frame(Instant now, PacketBuffer frame, PeerId from, TrafficClass outer);
    ActionBatch answer(PacketBuffer question, PeerId from);
    ActionBatch deliver(Instant now, PacketBuffer packet, const IpPacket& ip, PeerId from,
                        TrafficClass outer);
    ActionBatch refuse(Instant now, PacketBuffer packet, const IpPacket& ip,
                       const Refusal& refusal);
    std::optional<Action> error_about(Instant now, PacketBuffer packet, const IpPacket& ip,
                                      const PacketError& error, Counters& counted);

    Transmit encapsulated(PacketBuffer packet, PeerId to, EtherType type, TrafficClass inner,
                          Port source_port) const;
    Transmit enclosed(PacketBuffer frame, PeerId to, TrafficClass inner, Port source_port) const;
    ActionBatch dropped(DropReason reason, std::optional<PeerId> peer);
    Counters& counters_of(std::optional<PeerId> peer);

    EngineSettings settings_;
    PacketPool& pool_;
    PeerTable peers_;
    TokenBucket error_budget_;
    Counters unattributed_;  ///< packets that are no known peer's
};

}  // namespace flatlan::tunnel
