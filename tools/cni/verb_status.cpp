#include "ipam/room.hpp"
#include "tools/cni/node_state.hpp"
#include "tools/cni/verbs.hpp"

namespace flatlan::cni {
namespace {

/// Whatever is in the way of ADD: STATUS has two codes for all of it.
Failure not_available(const Failure& cause) {
    return {Code::not_available, cause.message, cause.details};
}

/// Whether each family has an address left.
Outcome<void> check_room(ipam::LeaseStore& leases, const node::NodeFile& node) {
    const auto view = leases.view();
    if (!view) return lease_failure(view.error());
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        if (!node.has(family)) continue;
        if (ipam::addresses_left(view.value(), family) == 0)
            return Failure{Code::not_available,
                           "node '" + node.name.text() + "' has no " +
                               std::string{to_string(family)} + " address left",
                           "expected flatland to claim a further block, or pods to end"};
    }
    return success();
}

}  // namespace

Outcome<void> status(const Request& request) {
    const auto state = NodeState::read(request.configuration);
    if (!state) return not_available(state.error());
    // What the node has may be another's by now, so pods that are there may not be reached either.
    if (const auto confirmed = state.value().check_confirmed(); !confirmed)
        return Failure{Code::limited_connectivity, confirmed.error().message,
                       confirmed.error().details};
    const node::NodeFile& file = state.value().file;
    if (file.unreachable)
        return Failure{Code::limited_connectivity,
                       "pods of other nodes are not reached: this machine has lost its address" +
                           (file.underlay ? " " + to_string(*file.underlay) : ""),
                       "expected that address, or another one on its interface"};
    const auto leases = open_leases(state.value().lease_file(request.configuration),
                                    state.value().boot, state.value().rules());
    if (!leases) return not_available(leases.error());
    const auto room = check_room(*leases.value(), file);
    if (!room) return not_available(room.error());
    return success();
}

}  // namespace flatlan::cni
