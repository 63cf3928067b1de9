#include "tools/cni/grant.hpp"

namespace flatlan::cni {
namespace {

Failure allocation_failure(const Error& error, const node::NodeFile& node) {
    switch (error.code()) {
        case ErrorCode::conflict:
        case ErrorCode::not_found:
        case ErrorCode::invalid_argument:
            return {Code::address_refused, error};
        case ErrorCode::exhausted:
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
