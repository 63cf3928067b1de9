#pragma once

#include "tunnel/wire/parsed.hpp"
#include "tunnel/wire/traffic_class.hpp"

namespace flatlan::tunnel {

/// What the outer header says of a packet with this inner traffic class: the same. DSCP is carried
/// in the uniform model (RFC 2983, section 3.1), ECN in normal mode (RFC 6040, section 4.1).
constexpr TrafficClass outer_traffic_class(TrafficClass inner) { return inner; }

/// What the inner header says after the tunnel. DSCP is the outer one, which the underlay may have
/// changed (RFC 2983, uniform). ECN is combined as RFC 6040, figure 4, has it:
///
///     inner \ outer   not-ECT    ECT(0)     ECT(1)     CE
///     not-ECT         not-ECT    not-ECT    not-ECT    drop
///     ECT(0)          ECT(0)     ECT(0)     ECT(1)     CE
///     ECT(1)          ECT(1)     ECT(1)     ECT(1)     CE
///     CE              CE         CE         CE         CE
///
/// Drops `congestion` where the mark can only be passed on by losing the packet.
Parsed<TrafficClass> inner_traffic_class(TrafficClass inner, TrafficClass outer);

}  // namespace flatlan::tunnel
