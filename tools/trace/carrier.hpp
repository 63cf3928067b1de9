#pragma once

#include "overlay/probe/io/trace/counters.hpp"
#include "overlay/probe/trace/atlas.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::trace {

/// How a node of that backend sends to other nodes.
Carrier carrier_of(tunnel::BackendKind backend);

/// What a tunnel has dropped, by kTunnelDrops and its reasons.
Counters tunnel_drops(const tunnel::TunnelFigures& figures);

}  // namespace flatlan::trace
