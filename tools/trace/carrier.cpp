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

}  // namespace flatlan::trace
