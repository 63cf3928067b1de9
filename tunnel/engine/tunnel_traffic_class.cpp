#include "tunnel/engine/tunnel_traffic_class.hpp"

namespace flatlan::tunnel {

Parsed<TrafficClass> inner_traffic_class(TrafficClass inner, TrafficClass outer) {
    const bool congested = outer.ecn == Ecn::ce;
    if (congested && inner.ecn == Ecn::not_ect) return DropReason::congestion;
    TrafficClass combined{outer.dscp, inner.ecn};
    if (congested) combined.ecn = Ecn::ce;
    if (inner.ecn == Ecn::ect0 && outer.ecn == Ecn::ect1) combined.ecn = Ecn::ect1;
    return combined;
}

}  // namespace flatlan::tunnel
