#pragma once

#include <optional>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"
#include "tunnel/wire/drop_reason.hpp"
#include "tunnel/wire/packet_buffer.hpp"

namespace flatlan::tunnel {

/// The addresses for which this node answers ARP and ND: its own on the flat network, through which
/// its pods are reached. For pods it does not answer, and nothing is learnt from who asks.
struct Gateway {
    MacAddress mac;
    IpAddresses addresses;
};

/// How much room an answer needs in front of the frame that asked.
inline constexpr std::size_t kNeighbourAnswerHeadRoomBytes = 8;  // an option the question had not

/// Makes the answer out of the frame that asks, in place: ARP requests (RFC 826) and neighbour
/// solicitations (RFC 4861, section 7.2.4). Nothing when `frame` is now the answer, addressed to
/// who asked; else why there is none, `not_for_gateway` when somebody else is asked for or nothing
/// is.
std::optional<DropReason> turn_into_neighbour_answer(PacketBuffer& frame, const Gateway& gateway);

/// Whether an Ethernet frame is ARP or Neighbour Discovery (RFC 4861: ICMPv6 types 133 to 137),
/// which never cross a router.
bool is_neighbour_frame(std::span<const std::byte> frame);

}  // namespace flatlan::tunnel
