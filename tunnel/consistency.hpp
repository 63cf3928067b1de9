#pragma once

#include "tunnel/backend.hpp"

namespace flatlan::tunnel {

/// Whether `wanted` makes sense by itself, whichever backend carries it. The control plane refuses
/// the same, earlier and one by one; a backend asks again because it is the last before the kernel.
/// Time: O(n log n) in nodes and blocks.
///
/// Errors, all invalid_argument and naming both sides: two nodes with one name, endpoint, MAC
/// address or overlapping blocks; a node's own address outside its blocks; a block outside the
/// cluster's prefixes, or an endpoint inside (its packets would enter the tunnel again); endpoints
/// of two families; an endpoint or MAC address that is no unicast one.
Result<void> check_consistent(const TunnelWanted& wanted);

}  // namespace flatlan::tunnel
