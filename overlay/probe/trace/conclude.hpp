#pragma once

#include "overlay/probe/trace/observation.hpp"
#include "overlay/probe/trace/walk.hpp"

namespace flatlan::trace {

/// The question of a trace with all that is known when it ends.
struct Case {
    const Atlas& atlas;
    Flow flow;  ///< of the request
    probe::Protocol protocol;
    const Walk& forth;
    const Walk& back;
    const Observation& seen;
};

/// The one fault that explains it, the first on the way; nothing when all arrived as it was sent.
/// What real packets did comes before what the tables foretell: a fault that a packet got past is
/// none, and packets that arrived unchanged are delivered whatever the tables say.
std::optional<Fault> conclude(const Case& asked);

/// Whether a packet of the trace was seen at the hop, of requests or of answers.
bool was_seen(const Observation& seen, const Hop& hop, PacketKind kind);

}  // namespace flatlan::trace
