#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "ipam/node_pool.hpp"

namespace flatlan::ipam {

/// The key of the gateway that `network` has in `block`: an address of the node itself, on a bridge
/// or on whatever else a plugin makes that is given addresses alone. It has the form of a
/// container's. `network` is one that LeaseKey::from takes.
LeaseKey gateway_key(std::string_view network, const IpPrefix& block);
bool is_gateway(const LeaseKey& key);

/// The leases of gateways that somebody uses: the node has the address (`own` are those of its own
/// namespace), or a container of the network has one of the same block.
std::vector<Lease> used_gateways(const PoolView& pool, const std::set<IpAddress>& own);
/// All others, which may be released.
std::vector<Lease> unused_gateways(const PoolView& pool, const std::set<IpAddress>& own);

}  // namespace flatlan::ipam
