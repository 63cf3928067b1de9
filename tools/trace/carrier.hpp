#pragma once

#include "overlay/probe/trace/atlas.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::trace {

/// How a node of that backend sends to other nodes.
Carrier carrier_of(tunnel::BackendKind backend);

}  // namespace flatlan::trace
