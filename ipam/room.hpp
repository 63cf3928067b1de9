#pragma once

#include "ipam/node_pool.hpp"

namespace flatlan::ipam {

/// How many addresses of the family a node can still give without a further block, those that rest
/// among them.
std::uint64_t addresses_left(const PoolView& view, IpFamily family);

}  // namespace flatlan::ipam
