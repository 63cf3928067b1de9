#include "tools/trace/carrier.hpp"

namespace flatlan::trace {

Carrier carrier_of(tunnel::BackendKind backend) {
    switch (backend) {
        case tunnel::BackendKind::kernel:
            return Carrier::vxlan;
        case tunnel::BackendKind::user:
            return Carrier::opaque;
        case tunnel::BackendKind::direct:
            break;
    }
    return Carrier::plain;
}

Counters tunnel_drops(const tunnel::TunnelFigures& figures) {
    Counters drops;
    for (const tunnel::DropCount& drop : figures.drops)
        drops[std::string{kTunnelDrops} + drop.reason] = drop.packets;
    return drops;
}

}  // namespace flatlan::trace
