#include "overlay/pod/sandbox/sandbox.hpp"

#include <poll.h>

#include <array>

#include "overlay/base/hash.hpp"
#include "overlay/base/undo.hpp"
#include "overlay/linux/address.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/veth.hpp"
#include "overlay/pod/sandbox/link_alias.hpp"

namespace flatlan::pod {
namespace {

/// A millisecond lies between two tries.
constexpr int kCarrierTriesMax = 10000;

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

IpAddress gateway(IpFamily family) {
    return family == IpFamily::ipv4 ? IpAddress{kGatewayIpv4} : IpAddress{kGatewayIpv6};
}

IpPrefix everything(IpFamily family) { return IpPrefix::containing(gateway(family), 0); }

/// A pod on its way: what is wanted, and the namespace for it.
struct Pod {
    const SandboxSpec& spec;
    const Namespace& network;
    Netlink* inside = nullptr;  ///< a socket of the namespace, where somebody has one already
};

Route unreachable(const IpPrefix& prefix) {
    return {.destination = prefix, .type = RouteType::unreachable, .metric = kLastMetric};
}

/// None where it is longer than an alias may be.
std::optional<std::string> alias_of(const SandboxSpec& spec) {
    const std::string& alias = spec.alias.empty() ? spec.name : spec.alias;
    return alias.size() <= kAliasSizeMax ? std::optional{alias} : std::nullopt;
}

Result<void> create_links(Netlink& netlink, const SandboxNode& node, std::span<const Pod> pods) {
    NetlinkBatch batch;
    for (const Pod& pod : pods) {
        const SandboxSpec& spec = pod.spec;
        create_veth(batch,
                    {.near = {.name = spec.node_end, .mac = spec.node_mac(), .group = node.group},
                     .far = {.name = spec.pod_end, .mac = spec.pod_mac(), .network = &pod.network},
                     .mtu = node.mtu});
        set_link(batch, spec.node_end, {.alias = alias_of(spec), .no_link_local = true});
    }
    return netlink.execute(batch);
}

/// All that happens inside the pod's namespace.
void configure_pod(NetlinkBatch& batch, const SandboxNode& node, const SandboxSpec& spec,
                   IfIndex device) {
    set_loopback_up(batch);
    LinkChange change{.up = true, .no_link_local = true};
    if (!spec.lease_key.empty() && spec.lease_key.size() <= kAliasSizeMax)
        change.alias = spec.lease_key;
    set_link(batch, device, change);
    for (const IpFamily family : kFamilies) {
        const auto address = spec.addresses.find(family);
        if (!address) continue;
        create_address(
            batch, {.address = *address, .length_bits = address_bits(family), .device = device});
        create_neighbour(batch,
                         {.address = gateway(family), .device = device, .mac = spec.node_mac()});
        Route route{.destination = everything(family),
                    .via = gateway(family),
                    .device = device,
                    .on_link = true,
                    .metric = spec.route_metric};
        create_route(batch, route);
        for (const IpPrefix& prefix : node.cluster_prefixes) {
            if (prefix.family() != family) continue;
            route.destination = prefix;
            create_route(batch, route);
            replace_route(batch, unreachable(prefix));
        }
    }
}

/// All that happens in the node's namespace once the link is there.
void configure_node_end(NetlinkBatch& batch, const SandboxNode& node, const SandboxSpec& spec,
                        IfIndex device) {
    for (const IpFamily family : kFamilies) {
        const auto address = spec.addresses.find(family);
        if (!address) continue;
        create_neighbour(batch, {.address = *address, .device = device, .mac = spec.pod_mac()});
        // In the place of another, which can only lead to a pod that is gone: IPAM gave the
        // address.
        replace_route(batch, {.destination = IpPrefix::host(*address),
                              .device = device,
                              .preferred_source = node.overlay.find(family)});
    }
}

/// Returns when all these links carry packets. The end that went up first does so only when the
/// kernel has looked at its carrier, which a worker does a moment later (linkwatch); until then
/// what is sent from it is dropped. Kernels from 6.9 on make good for it when they are asked.
Result<void> ensure_carrier(Netlink& netlink, std::vector<InterfaceName> names) {
    for (int tries = 0; tries < kCarrierTriesMax; ++tries) {
        FLATLAN_TRY(links, get_links(netlink, names));
        names.clear();
        for (const Link& link : links)
            if (!link.is_running()) names.push_back(link.name);
        if (names.empty()) return success();
        ::poll(nullptr, 0, 1);
    }
    return Error{ErrorCode::timed_out, "'" + names.front().text() + "' does not get a carrier"};
}

/// Sets both ends up, one straight after the other: an end that is up for long without the other
/// is shut off by the kernel's worker, which costs a grace period while everyone waits.
Result<void> set_up(Netlink& netlink, const SandboxNode& node, const Pod& pod, const Link& link) {
    if (!link.peer)
        return Error{ErrorCode::conflict, "'" + link.name.text() + "' lost its other end"};
    std::optional<Netlink> own;
    if (pod.inside == nullptr) {
        FLATLAN_TRY(inside, Netlink::open_in(pod.network));
        own = std::move(inside);
    }
    FLATLAN_TRY_VOID(set_link(netlink, link.index, {.up = true}));
    NetlinkBatch batch;
    configure_pod(batch, node, pod.spec, *link.peer);
    return (own ? *own : *pod.inside).execute(batch);
}

Result<void> configure_links(Netlink& netlink, const SandboxNode& node, std::span<const Pod> pods) {
    std::vector<InterfaceName> names;
    for (const Pod& pod : pods)
        names.push_back(pod.spec.node_end);
    FLATLAN_TRY(links, get_links(netlink, names));

    NetlinkBatch batch;
    for (std::size_t i = 0; i < pods.size(); ++i) {
        if (auto done = set_up(netlink, node, pods[i], links[i]); !done)
            return std::move(done).error().within("set up the network of " + pods[i].spec.name);
        configure_node_end(batch, node, pods[i].spec, links[i].index);
    }
    FLATLAN_TRY_VOID(netlink.execute(batch));
    return ensure_carrier(netlink, std::move(names));
}

/// Removes the pod's end, and so both. For undoing: what fails here cannot be helped.
void undo_link(const Pod& pod) {
    if (auto inside = Netlink::open_in(pod.network))
        static_cast<void>(remove_link(inside.value(), pod.spec.pod_end));
}

}  // namespace

MacAddress SandboxSpec::node_mac() const {
    return MacAddress::local_from(stable_hash(name + " node end"));
}

MacAddress SandboxSpec::pod_mac() const {
    if (wanted_mac) return *wanted_mac;
    return MacAddress::local_from(stable_hash(name + " pod end"));
}

Result<std::vector<Sandbox>> create_sandboxes(const SandboxNode& node,
                                              std::span<const SandboxSpec> specs) {
    FLATLAN_TRY(netlink, Netlink::open_in(node.network));
    std::vector<Sandbox> sandboxes;
    sandboxes.reserve(specs.size());
    {
        FLATLAN_TRY(scope, NamespaceScope::here());
        for (std::size_t i = 0; i < specs.size(); ++i) {
            FLATLAN_TRY(network, scope.move_to_new());
            sandboxes.push_back({std::move(network)});
        }
    }
    std::vector<Pod> pods;
    for (std::size_t i = 0; i < specs.size(); ++i)
        pods.push_back({specs[i], sandboxes[i].network});

    Undo undo_links{[&] {
        for (const Pod& pod : pods)
            undo_link(pod);
    }};
    FLATLAN_TRY_VOID(create_links(netlink, node, pods));
    FLATLAN_TRY_VOID(configure_links(netlink, node, pods));
    undo_links.disarm();
    return sandboxes;
}

Result<Sandbox> create_sandbox(const SandboxNode& node, const SandboxSpec& spec) {
    FLATLAN_TRY(sandboxes, create_sandboxes(node, std::span{&spec, 1}));
    return std::move(sandboxes.front());
}

Result<void> attach_sandbox(const SandboxNode& node, const SandboxSpec& spec,
                            const SandboxSite& site) {
    const std::array pods{Pod{spec, site.network, &site.inside}};
    FLATLAN_TRY_VOID(create_links(site.outside, node, pods));
    Undo detach{[&] { static_cast<void>(detach_sandbox(node, spec, site.inside)); }};
    FLATLAN_TRY_VOID(configure_links(site.outside, node, pods));
    detach.disarm();
    return success();
}

Result<void> detach_sandbox(const SandboxNode& node, const SandboxSpec& spec, Netlink& inside) {
    NetlinkBatch batch;
    remove_link(batch, spec.pod_end);
    for (const IpPrefix& prefix : node.cluster_prefixes)
        if (spec.addresses.find(prefix.family())) remove_route(batch, unreachable(prefix));
    return inside.execute(batch);
}

Result<void> remove_sandbox_links(const Namespace& node, std::span<const InterfaceName> node_ends) {
    FLATLAN_TRY(netlink, Netlink::open_in(node));
    return remove_links(netlink, node_ends);
}

Result<void> remove_all_sandbox_links(const Namespace& node, LinkGroup group) {
    FLATLAN_TRY(netlink, Netlink::open_in(node));
    return remove_link_group(netlink, group);
}

}  // namespace flatlan::pod
