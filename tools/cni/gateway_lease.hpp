#pragma once

#include "ipam/lease_store.hpp"
#include "tools/cni/failure.hpp"

namespace flatlan::cni {

/// The gateway of `block` for `network`, leased when it was not yet. A block whose addresses are
/// given to another plugin has one, its second address: the bridge that has it holds a lease like
/// any other, so that no pod is given it, until GC finds it unused (ipam::unused_gateways). Error
/// address_refused when a pod has the address.
Outcome<IpAddress> lease_gateway(ipam::LeaseStore& leases, const std::string& network,
                                 const IpPrefix& block, const ipam::LeaseOrigin& origin);

/// The addresses of a block that a network with broadcast cannot give: the first and the last.
std::vector<IpPrefix> unusable_in(const IpPrefix& block);

}  // namespace flatlan::cni
