#include "tools/cni/gateway_lease.hpp"

#include "ipam/gateway.hpp"
#include "tools/cni/node_state.hpp"

namespace flatlan::cni {

Outcome<IpAddress> lease_gateway(ipam::LeaseStore& leases, const std::string& network,
                                 const IpPrefix& block, const ipam::LeaseOrigin& origin) {
    const IpAddress gateway = block.at(1);
    const ipam::LeaseKey key = ipam::gateway_key(network, block);
    const auto known = leases.find(key);
    if (!known) return lease_failure(known.error());
    if (known.value()) return gateway;
    ipam::AddressRequest request{.origin = origin};
    request.wanted.set(gateway);
    const auto given = leases.allocate(key, request);
    // Another call may have been quicker.
    if (given || given.error().code() == ErrorCode::already_exists) return gateway;
    if (given.error().code() == ErrorCode::conflict)
        return Failure{Code::address_refused, given.error()}.within(
            "the gateway of block " + to_string(block) + " cannot be had");
    return lease_failure(given.error());
}

std::vector<IpPrefix> unusable_in(const IpPrefix& block) {
    if (block.host_bits() == 0) return {block};
    return {IpPrefix::host(block.address()), IpPrefix::host(block.last())};
}

}  // namespace flatlan::cni
