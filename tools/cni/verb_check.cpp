#include <algorithm>

#include "overlay/linux/address.hpp"
#include "overlay/linux/boot.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"
#include "tools/cni/add_result.hpp"
#include "tools/cni/container.hpp"
#include "tools/cni/node_state.hpp"
#include "tools/cni/verbs.hpp"

namespace flatlan::cni {
namespace {

Failure differs(const std::string& what) {
    return {Code::check_failed, what, "expected what ADD made"};
}

template <typename Entries, typename Predicate>
bool any(const Entries& entries, Predicate predicate) {
    return std::any_of(entries.begin(), entries.end(), predicate);
}

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

IpAddress gateway_of(IpFamily family) {
    return family == IpFamily::ipv4 ? IpAddress{pod::kGatewayIpv4} : IpAddress{pod::kGatewayIpv6};
}

/// Both ends of the pair, as they are.
struct Pair {
    Link node_end;
    Link pod_end;
};

Outcome<Pair> find_pair(Netlink& node, Netlink& inside, const Request& request) {
    const InterfaceName node_name = node_end_of(request.key());
    const InterfaceName pod_name{request.environment.interface};
    FLATLAN_TRY(node_end, find_link(node, node_name));
    FLATLAN_TRY(pod_end, find_link(inside, pod_name));
    if (!pod_end) return differs("the container has no interface '" + pod_name.text() + "'");
    if (!node_end) return differs("the node has no interface '" + node_name.text() + "'");
    if (node_end->peer != pod_end->index)
        return differs("'" + pod_name.text() + "' is not the other end of '" + node_name.text() +
                       "'");
    for (const Link* end : {&*node_end, &*pod_end})
        if (!end->is_up()) return differs("'" + end->name.text() + "' is down");
    return Pair{std::move(*node_end), std::move(*pod_end)};
}

/// A later plugin may have changed the container's end (tuning does), and the runtime remembers
/// that. Only what the two ends must have in common is ours to say.
Outcome<void> check_ends(const Pair& pair, const Expected& expected) {
    const auto& [node_end, pod_end] = pair;
    if (expected.mac && pod_end.mac != expected.mac)
        return differs("'" + pod_end.name.text() + "' has the MAC address " +
                       (pod_end.mac ? to_string(*pod_end.mac) : "of none") + " instead of " +
                       to_string(*expected.mac));
    if (pod_end.mtu > node_end.mtu)
        return differs("'" + pod_end.name.text() + "' sends packets of " +
                       std::to_string(pod_end.mtu.value()) + " octets, the node takes " +
                       std::to_string(node_end.mtu.value()));
    return success();
}

/// Whether the device need not ask for the MAC address of `address`, which is `mac`.
Outcome<bool> knows(Netlink& netlink, IfIndex device, const IpAddress& address,
                    const std::optional<MacAddress>& mac) {
    FLATLAN_TRY(found, find_neighbour(netlink, device, address));
    return found && found->mac == mac && !found->is_learnt();
}

Outcome<void> check_container(Netlink& inside, const Pair& pair, const Expected& expected) {
    const IfIndex device = pair.pod_end.index;
    FLATLAN_TRY(addresses, list_addresses(inside, device));
    FLATLAN_TRY(routes, list_routes(inside));
    for (const IpFamily family : kFamilies) {
        const auto address = expected.addresses.find(family);
        if (!address) continue;
        if (!any(addresses, [&](const auto& found) { return found.address == *address; }))
            return differs("'" + pair.pod_end.name.text() + "' has lost its address " +
                           to_string(*address));
        const IpAddress gateway = gateway_of(family);
        FLATLAN_TRY(known, knows(inside, device, gateway, pair.node_end.mac));
        if (!known)
            return differs("the container does not know the MAC address of its gateway " +
                           to_string(gateway));
    }
    for (const IpPrefix& destination : expected.routes)
        if (!any(routes, [&](const Route& found) { return found.destination == destination; }))
            return differs("the container has lost its route to " + to_string(destination));
    return success();
}

/// ADD makes each prefix of the cluster unreachable, and by a better route the gateway's: without
/// that one the pod reaches no other, whatever its default route says.
Outcome<void> check_cluster_routes(Netlink& inside, const Pair& pair, const Expected& expected,
                                   const std::vector<IpPrefix>& cluster) {
    FLATLAN_TRY(routes, list_routes(inside, {.device = pair.pod_end.index}));
    for (const IpPrefix& prefix : cluster) {
        if (!expected.addresses.find(prefix.family())) continue;
        if (!any(routes, [&](const Route& found) {
                return found.destination == prefix && found.via == gateway_of(prefix.family());
            }))
            return differs("the container has lost its route to " + to_string(prefix) + " via " +
                           to_string(gateway_of(prefix.family())));
    }
    return success();
}

Outcome<void> check_node(Netlink& node, const Pair& pair, const Expected& expected) {
    const IfIndex device = pair.node_end.index;
    FLATLAN_TRY(routes, list_routes(node, {.device = device}));
    for (const IpFamily family : kFamilies) {
        const auto address = expected.addresses.find(family);
        if (!address) continue;
        FLATLAN_TRY(known, knows(node, device, *address, pair.pod_end.mac));
        if (!known)
            return differs("the node does not know the MAC address of " + to_string(*address));
        const IpPrefix host = IpPrefix::host(*address);
        if (!any(routes, [&](const Route& found) { return found.destination == host; }))
            return differs("the node has lost its route to " + to_string(*address));
    }
    return success();
}

Outcome<void> check_lease(const Request& request, const NodeState& state,
                          const Expected& expected) {
    FLATLAN_TRY(leases, open_leases(state.lease_file(request.configuration), state.boot));
    const auto found = leases->find(request.key());
    if (!found) return lease_failure(found.error());
    const auto& lease = found.value();
    if (!lease) return differs("'" + request.key().text() + "' has no lease");
    for (const IpFamily family : kFamilies) {
        const auto held = lease->addresses.find(family);
        const auto told = expected.addresses.find(family);
        if (held && told != held)
            return differs("the lease of '" + request.key().text() + "' is for " +
                           to_string(*held) + ", which 'prevResult' does not have");
        // What is not the cluster's is another plugin's.
        if (told && !held && any(state.file.cluster_prefixes, [&](const IpPrefix& prefix) {
                return prefix.contains(*told);
            }))
            return differs("the lease of '" + request.key().text() + "' has lost " +
                           to_string(*told));
    }
    return success();
}

}  // namespace

Outcome<void> check(const Request& request) {
    FLATLAN_TRY(expected, expected_of(request.configuration, request.environment.interface));
    FLATLAN_TRY(network, Namespace::current_network());
    FLATLAN_TRY(container, open_container(request.environment.netns, network));
    FLATLAN_TRY(node, Netlink::open_in(network));
    FLATLAN_TRY(inside, Netlink::open_in(container));
    FLATLAN_TRY(pair, find_pair(node, inside, request));
    FLATLAN_TRY_VOID(check_ends(pair, expected));
    FLATLAN_TRY_VOID(check_container(inside, pair, expected));
    FLATLAN_TRY_VOID(check_node(node, pair, expected));
    FLATLAN_TRY(state, NodeState::read(request.configuration));
    FLATLAN_TRY_VOID(check_cluster_routes(inside, pair, expected, state.file.cluster_prefixes));
    return check_lease(request, state, expected);
}

Outcome<void> check_addresses(const Request& request) {
    FLATLAN_TRY(expected, expected_of(request.configuration, request.environment.interface));
    FLATLAN_TRY(state, NodeState::read(request.configuration));
    return check_lease(request, state, expected);
}

}  // namespace flatlan::cni
