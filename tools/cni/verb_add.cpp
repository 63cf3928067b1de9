#include "overlay/base/undo.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/pod/sandbox/link_alias.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"
#include "tools/cni/add_result.hpp"
#include "tools/cni/container.hpp"
#include "tools/cni/grant.hpp"
#include "tools/cni/node_state.hpp"
#include "tools/cni/pod_of.hpp"
#include "tools/cni/verbs.hpp"

namespace flatlan::cni {
namespace {

IpAddress gateway(IpFamily family) {
    return family == IpFamily::ipv4 ? IpAddress{pod::kGatewayIpv4} : IpAddress{pod::kGatewayIpv6};
}

AddResult result_of(const Request& request, const pod::SandboxSpec& spec, LinkMtu mtu) {
    AddResult result{
        .interfaces = {{.name = spec.node_end.text(), .mac = spec.node_mac(), .mtu = mtu},
                       {.name = spec.pod_end.text(),
                        .mac = spec.pod_mac(),
                        .mtu = mtu,
                        .sandbox = request.environment.netns}},
        .holder = 1};
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = spec.addresses.find(family))
            result.addresses.push_back({*address, address_bits(family), gateway(family)});
    return result;
}

/// Clears away what an ADD of this key left that did not get to its end, and says whether one did.
Outcome<void> remove_unfinished(Netlink& node, const ipam::LeaseKey& key) {
    FLATLAN_TRY(state, state_of_pair(node, node_end_of(key)));
    if (state == PairState::finished)
        return Failure{Code::interface_exists,
                       "'" + key.text() + "' has its interface already (network/container/name)",
                       "expected DEL before another ADD"};
    if (state == PairState::unfinished) FLATLAN_TRY_VOID(remove_link(node, node_end_of(key)));
    return success();
}

Outcome<ContainerLook> look(const Request& request, Netlink& container) {
    const InterfaceName name{request.environment.interface};
    FLATLAN_TRY(found, look_into(container, name));
    if (!found.has_interface) return found;
    return Failure{Code::interface_exists,
                   "the container has an interface '" + name.text() + "' already",
                   "expected another CNI_IFNAME, or DEL before ADD"};
}

}  // namespace

Outcome<std::string> add(const Request& request) {
    const ipam::LeaseKey key = request.key();
    FLATLAN_TRY(network, Namespace::current_network());
    FLATLAN_TRY(container, open_container(request.environment.netns, network));
    FLATLAN_TRY(state, NodeState::read(request.configuration));
    FLATLAN_TRY(outside, Netlink::open_in(network));
    FLATLAN_TRY_VOID(remove_unfinished(outside, key));
    FLATLAN_TRY(inside, Netlink::open_in(container));
    FLATLAN_TRY(found, look(request, inside));

    FLATLAN_TRY(leases,
                open_leases(state.lease_file(request.configuration), state.boot, state.rules()));
    FLATLAN_TRY(addresses, grant(*leases, state, key, request.configuration.wishes,
                                 ipam::NetnsInode{container.inode()}));
    // What cannot be released now is released by DEL, which the runtime owes after a failed ADD.
    Undo release{[&] { static_cast<void>(leases->release(key)); }};

    const pod::SandboxNode node{.network = network,
                                .overlay = state.file.overlay,
                                .cluster_prefixes = state.file.cluster_prefixes,
                                .mtu = state.file.mtu,
                                .group = kPodLinks};
    const pod::SandboxSpec spec{
        .name = key.text(),
        .node_end = node_end_of(key),
        .addresses = addresses,
        .pod_end = InterfaceName{request.environment.interface},
        .wanted_mac = request.configuration.wishes.mac,
        .route_metric = found.free_metric,
        .lease_key = key.text(),
        .alias = pod::to_text({key.text(), pod_of(request.environment.arguments)})};
    // Before anything is made: what cannot be told need not be done.
    FLATLAN_TRY(answer, to_json(result_of(request, spec, node.mtu), request.configuration));
    FLATLAN_TRY_VOID(pod::attach_sandbox(
        node, spec, {.network = container, .inside = inside, .outside = outside}));
    release.disarm();
    return answer;
}

}  // namespace flatlan::cni
