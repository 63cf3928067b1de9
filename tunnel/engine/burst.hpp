#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/network_values.hpp"
#include "tunnel/engine/ip_packet.hpp"
#include "tunnel/engine/peer.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/vxlan.hpp"

/// What an engine says of many packets of one flow at once, as long as nothing special has to be
/// done for any of them: the quick way, beside which packet by packet is the exact one.
namespace flatlan::tunnel {

/// What goes in front of an inner IP packet: VXLAN header and Ethernet header.
inline constexpr std::size_t kEncapsulationBytes =
    VxlanHeader::kSizeBytes + EthernetHeader::kSizeBytes;

/// How a burst of packets of one flow leaves.
struct WayOut {
    PeerId peer{};
    IpAddress to;                ///< the peer's endpoint; the port is the cluster's
    Port source_port;            ///< of the outer UDP header
    TrafficClass traffic_class;  ///< of the outer IP header
    std::array<std::byte, kEncapsulationBytes> heading{};  ///< in front of each IP packet
};

/// A datagram that may be handed to the pods' side as it is.
struct Admission {
    IpPacket header;
    std::span<const std::byte> packet;  ///< within the datagram, without padding
};

}  // namespace flatlan::tunnel
