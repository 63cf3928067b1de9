#pragma once

#include "ipam/lease_store.hpp"
#include "tools/cni/failure.hpp"

namespace flatlan::cni {

/// A block whose addresses are given to another plugin has a gateway, its second address: the
/// bridge that has it holds a lease like any other, so that no pod is given it.
bool is_gateway_lease(const ipam::LeaseKey& key);

/// The gateway of `block` for `network`, leased when it was not yet. Error address_refused when a
/// pod has the address.
Outcome<IpAddress> lease_gateway(ipam::LeaseStore& leases, const std::string& network,
                                 const IpPrefix& block, const ipam::LeaseOrigin& origin);

/// The addresses of a block that a network with broadcast cannot give: the first and the last.
std::vector<IpPrefix> unusable_in(const IpPrefix& block);

}  // namespace flatlan::cni
