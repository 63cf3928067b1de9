#pragma once

#include <span>
#include <vector>

#include "overlay/probe/trace/walk.hpp"

namespace flatlan::trace {

/// All places at which the packets of a trace may be seen, on the way that they should take and on
/// the one that the kernels say; the sender's first.
std::vector<PlaceId> places_on_the_way(const Atlas& atlas, const Flow& flow,
                                       std::span<const Walk* const> walks);

/// What a large packet has at least, in octets from the IP header on: every link of IPv4 carries it
/// (RFC 791), and of either family it holds the headers and the tag.
inline constexpr std::uint32_t kLargePacketMinBytes = 68;

/// The largest packet, in octets from the IP header on, that the sender's own link carries; nothing
/// on a loopback, or where the walk does not begin.
Result<std::optional<std::uint32_t>> largest_packet(Inquiry& inquiry, const Walk& walk);

}  // namespace flatlan::trace
