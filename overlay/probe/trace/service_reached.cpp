#include "overlay/probe/trace/service_reached.hpp"

#include <algorithm>

namespace flatlan::trace {

bool has_reached_service(const Observation& seen, PlaceId to) {
    const bool dropped = std::ranges::any_of(seen.rules, [](const RuleMet& met) {
        return met.effect == RuleEffect::drops && met.kind == PacketKind::request;
    });
    return !dropped && std::ranges::any_of(seen.sightings, [&](const Sighting& sighting) {
        return sighting.place == to && sighting.packet.kind == PacketKind::request &&
               !sighting.packet.outer && !sighting.astray;
    });
}

}  // namespace flatlan::trace
