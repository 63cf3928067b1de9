#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "overlay/base/fixed_vector.hpp"
#include "overlay/base/network_values.hpp"
#include "tunnel/engine/ipv4_fragments.hpp"
#include "tunnel/engine/peer.hpp"
#include "tunnel/wire/drop_reason.hpp"
#include "tunnel/wire/packet_buffer.hpp"
#include "tunnel/wire/traffic_class.hpp"

namespace flatlan::tunnel {

/// What a packet counts as with the engine already. Where the kernel does not take it, it counts as
/// dropped instead (Engine::count_not_sent, Engine::count_not_delivered).
struct CountedPacket {
    PeerId peer{};
    std::uint64_t octets = 0;
};

/// Send this as the payload of a UDP datagram: a VXLAN header and an Ethernet frame. The outer IPv4
/// header forbids fragmentation, since an endpoint may not fragment (RFC 7348, section 4.3).
struct Transmit {
    PacketBuffer datagram;
    IpAddress to;                ///< the peer's endpoint; the port is the cluster's
    Port source_port;            ///< of the outer UDP header
    TrafficClass traffic_class;  ///< of the outer IP header
    /// Of a packet from a pod; if it was cut, with the last fragment. None of an answer or an error
    /// about another packet.
    std::optional<CountedPacket> counted{};
};

/// Hand this IP packet to the pods' side.
struct Deliver {
    PacketBuffer packet;
    std::optional<CountedPacket> counted{};  ///< none of an error about another packet
};

/// Do nothing: the packet is gone and counted.
struct Drop {
    DropReason reason;
};

using Action = std::variant<Transmit, Deliver, Drop>;

/// What one packet gives rise to: one action, or as many as it has fragments.
using ActionBatch = FixedVector<Action, kFragmentsMax>;

}  // namespace flatlan::tunnel
