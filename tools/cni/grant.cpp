#include "tools/cni/grant.hpp"

namespace flatlan::cni {
namespace {

/// The leases know the node's own blocks alone: another node may have what lies outside of those,
/// and nobody what lies outside of the cluster.
Outcome<void> check_in_cluster(const IpAddresses& wanted, const node::NodeFile& node) {
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        const auto address = wanted.find(family);
        if (!address) continue;
        std::string prefixes;
        bool inside = false;
        for (const IpPrefix& prefix : node.cluster_prefixes) {
            inside = inside || prefix.contains(*address);
            prefixes += (prefixes.empty() ? "" : ", ") + to_string(prefix);
        }
        if (!inside)
            return Failure{Code::address_refused,
                           "address " + to_string(*address) + " is not the cluster's",
                           "expected one in " + prefixes};
    }
    return success();
}

Failure allocation_failure(const Error& error, const node::NodeFile& node) {
    switch (error.code()) {
        case ErrorCode::conflict:
        case ErrorCode::not_found:
        case ErrorCode::invalid_argument:
            return {Code::address_refused, error};
        case ErrorCode::exhausted:
            if (error.system_errno() != 0) return lease_failure(error);  // the disk, or the memory
            return {Code::try_again_later,
                    "node '" + node.name.text() + "' has no address left: " + error.text(),
                    "expected flatland to claim a further block, or pods to end"};
        default:
            return lease_failure(error);
    }
}

}  // namespace

Outcome<IpAddresses> grant(ipam::LeaseStore& leases, const NodeState& state,
                           const ipam::LeaseKey& key, const Wishes& wishes,
                           ipam::NetnsInode netns) {
    FLATLAN_TRY_VOID(state.check_confirmed());
    FLATLAN_TRY_VOID(check_in_cluster(wishes.addresses, state.file));
    const ipam::AddressRequest request{.ipv4 = state.file.has(IpFamily::ipv4),
                                       .ipv6 = state.file.has(IpFamily::ipv6),
                                       .wanted = wishes.addresses,
                                       .origin = {.boot = state.boot, .netns = netns}};
    auto given = leases.allocate(key, request);
    if (!given && given.error().code() == ErrorCode::already_exists) {
        if (auto released = leases.release(key); !released) return lease_failure(released.error());
        given = leases.allocate(key, request);
    }
    if (!given) return allocation_failure(given.error(), state.file);
    return given.value();
}

}  // namespace flatlan::cni
