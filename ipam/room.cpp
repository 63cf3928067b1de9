#include "ipam/room.hpp"

namespace flatlan::ipam {

std::uint64_t addresses_left(const PoolView& view, IpFamily family) {
    std::uint64_t left = 0;
    for (const HeldBlock& held : view.blocks)
        if (held.block.family() == family) left += held.usage.free + held.usage.cooling;
    return left;
}

}  // namespace flatlan::ipam
