#pragma once

#include <optional>

#include "overlay/base/fixed_vector.hpp"
#include "overlay/base/network_values.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/packet_buffer.hpp"

namespace flatlan::tunnel {

/// Into how many fragments one packet may be cut: the largest packet there is at the least MTU of a
/// cluster that carries IPv6 makes 53.
inline constexpr std::size_t kFragmentsMax = 64;

using Fragments = FixedVector<PacketBuffer, kFragmentsMax>;

/// Cuts a packet, which may be a fragment itself, into fragments of at most `mtu` octets (RFC 791,
/// section 3.2). `packet` is as long as `header`, parsed from it, says. The buffers come from
/// `pool` and have as much head room as `packet`. Options go into the first fragment, and into the
/// others as far as they are to be copied.
///
/// All or nothing: `too_many_fragments` over kFragmentsMax, `no_buffer` when the pool is empty.
std::optional<DropReason> fragment_ipv4(PacketBuffer packet, const Ipv4Header& header,
                                        OverlayMtu mtu, PacketPool& pool, Fragments& fragments);

}  // namespace flatlan::tunnel
