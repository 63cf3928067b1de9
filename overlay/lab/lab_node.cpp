#include "overlay/lab/lab_node.hpp"

#include <spdlog/spdlog.h>

#include "overlay/base/undo.hpp"
#include "overlay/lab/lease_key.hpp"
#include "overlay/pod/sandbox/node_network.hpp"

namespace flatlan::lab {
namespace {

constexpr LinkGroup kPodLinks{1};

/// The tunnel's end: IPv4 where the underlay has both.
IpAddress endpoint_of(const PlannedNode& plan) {
    return plan.underlay.ipv4 ? IpAddress{*plan.underlay.ipv4} : IpAddress{*plan.underlay.ipv6};
}

}  // namespace

Result<SandboxDescriptors> LazyIdentity::descriptors(const Namespace& network) {
    if (!uts_) {
        FLATLAN_TRY(uts, Namespace::create_uts(host_name_));
        uts_.emplace(std::move(uts));
    }
    if (!ipc_) {
        FLATLAN_TRY(ipc, Namespace::create_ipc());
        ipc_.emplace(std::move(ipc));
    }
    return SandboxDescriptors{network.fd(), uts_->fd(), ipc_->fd()};
}

LabNode::LabNode(const PlannedNode& plan, std::size_t port, Namespace network,
                 std::unique_ptr<tunnel::Backend> backend, const ClusterContext& cluster)
    : plan_{plan},
      port_{port},
      cluster_{cluster},
      network_{std::move(network)},
      backend_{std::move(backend)},
      node_{{plan.name, kOnlyIncarnation},
            endpoint_of(plan),
            cluster.settings,
            cluster.claims,
            *backend_},
      identity_{plan.name.text()} {}

Result<void> LabNode::join(Instant now) {
    const std::lock_guard changing{mutex_};
    FLATLAN_TRY_VOID(node_.join(now));
    if (auto published = publish_blocks(); !published) return std::move(published).error();
    return success();
}

/// The namespace must know which addresses are this node's before a pod has one of them.
Result<std::size_t> LabNode::publish_blocks() {
    const tunnel::TunnelNode& record = node_.record();
    auto prepared =
        pod::prepare_node(network_, {.overlay = record.overlay,
                                     .cluster_prefixes = cluster_.settings.cluster_prefixes,
                                     .blocks = record.blocks});
    if (!prepared)
        return std::move(prepared).error().within("prepare node '" + plan_.name.text() + "'");
    return prepared;
}

Result<void> LabNode::allocate(Instant now, std::span<const PodName> pods) {
    const std::size_t blocks_before = node_.record().blocks.size();
    Undo give_back{[&] {
        for (const auto& [pod, spec] : allocated_)
            release(now, pod);
        allocated_.clear();
    }};
    const std::lock_guard changing{mutex_};
    for (const PodName& pod : pods) {
        FLATLAN_TRY(key, lease_key(pod));
        auto addresses = node_.allocate(now, key);
        if (!addresses)
            return std::move(addresses).error().within("node '" + plan_.name.text() + "'");
        allocated_.emplace_back(
            pod, pod::SandboxSpec{.name = to_string(pod),
                                  .node_end = InterfaceName{"p" + std::to_string(next_pod_++)},
                                  .addresses = addresses.value(),
                                  .lease_key = key.text()});
    }
    FLATLAN_TRY_VOID(node_.claim_ahead(now));
    if (node_.record().blocks.size() != blocks_before)
        if (auto published = publish_blocks(); !published) return std::move(published).error();
    give_back.disarm();
    return success();
}

Result<void> LabNode::create_allocated_pods() {
    FLATLAN_TRY(mtu, tunnel::overlay_mtu(plan_.backend, cluster_.settings.underlay_mtu,
                                         node_.record().endpoint.family(),
                                         node_.record().overlay.ipv6.has_value()));
    const pod::SandboxNode side{.network = network_,
                                .overlay = node_.record().overlay,
                                .cluster_prefixes = cluster_.settings.cluster_prefixes,
                                .mtu = mtu,
                                .group = kPodLinks};
    std::vector<pod::SandboxSpec> specs;
    for (const auto& [pod, spec] : allocated_)
        specs.push_back(spec);
    auto made = pod::create_sandboxes(side, specs);
    if (!made) return std::move(made).error().within("node '" + plan_.name.text() + "'");

    const std::lock_guard changing{mutex_};
    for (std::size_t i = 0; i < allocated_.size(); ++i) {
        auto& [pod, spec] = allocated_[i];
        pods_.emplace(
            pod, LabPod{std::move(spec), std::move(made.value()[i]), LazyIdentity{pod.name()}});
    }
    allocated_.clear();
    return success();
}

void LabNode::release(Instant now, const PodName& pod) {
    if (auto key = lease_key(pod)) node_.release(now, key.value());
}

Result<void> LabNode::remove_pods(Instant now, std::span<const PodName> pods) {
    std::vector<InterfaceName> node_ends;
    for (const PodName& pod : pods)
        if (const auto at = pods_.find(pod); at != pods_.end())
            node_ends.push_back(at->second.spec.node_end);
    FLATLAN_TRY_VOID(pod::remove_sandbox_links(network_, node_ends));

    const std::lock_guard changing{mutex_};
    for (const PodName& pod : pods) {
        pods_.erase(pod);
        release(now, pod);
        std::erase_if(allocated_, [&](const auto& waiting) { return waiting.first == pod; });
    }
    return success();
}

Result<void> LabNode::reconcile(const control::Directory& directory) {
    const std::lock_guard working{backend_mutex_};
    auto changed = node_.reconcile(directory, narrow_paths_);
    if (!changed)
        return std::move(changed).error().within("tunnel of node '" + plan_.name.text() + "'");
    const std::lock_guard changing{mutex_};
    phase_ = Phase::running;
    return success();
}

Result<void> LabNode::repair(const control::Directory& directory) {
    const std::lock_guard working{backend_mutex_};
    FLATLAN_TRY(untouched, backend_->is_untouched());
    if (untouched) return success();
    FLATLAN_TRY(prepared, publish_blocks());
    FLATLAN_TRY(change, node_.reconcile(directory, narrow_paths_));
    const std::lock_guard counting{mutex_};
    repairs_ += prepared + change.added + change.replaced + change.removed;
    return success();
}

Result<void> LabNode::set_narrow_paths(std::vector<tunnel::PathMtu> paths,
                                       const control::Directory& directory) {
    const std::lock_guard working{backend_mutex_};
    if (auto changed = node_.reconcile(directory, paths); !changed)
        return std::move(changed).error().within("tunnel of node '" + plan_.name.text() + "'");
    // Shown once it is so.
    const std::lock_guard changing{mutex_};
    narrow_paths_ = std::move(paths);
    return success();
}

Result<PathEnd> LabNode::path_end() const {
    FLATLAN_TRY(network, network_.duplicate());
    return PathEnd{plan_.name, std::move(network), endpoint_of(plan_)};
}

/// So that the tunnel's device goes with the pods', in one transaction of the kernel instead of
/// two.
Result<void> LabNode::group_tunnel_with_pods() {
    FLATLAN_TRY(netlink, Netlink::open_in(network_));
    FLATLAN_TRY(device, find_link(netlink, backend_->device()));
    if (!device) return success();
    return set_link(netlink, device->index, {.group = kPodLinks});
}

Result<void> LabNode::remove_devices() {
    {
        const std::lock_guard changing{mutex_};
        phase_ = Phase::terminating;
    }
    const std::lock_guard working{backend_mutex_};
    if (plan_.backend == tunnel::BackendKind::kernel) FLATLAN_TRY_VOID(group_tunnel_with_pods());
    FLATLAN_TRY_VOID(pod::remove_all_sandbox_links(network_, kPodLinks));
    return backend_->remove();
}

Result<void> LabNode::leave(Instant now) { return node_.leave(now); }

NodeStatus LabNode::status() const {
    NodeStatus status{.name = plan_.name};
    {
        const std::lock_guard working{backend_mutex_};
        if (auto figures = backend_->figures())
            status.tunnel = std::move(figures).value();
        else
            spdlog::warn("node {}: {}", plan_.name.text(), figures.error().to_string());
    }
    const std::lock_guard reading{mutex_};
    status.state = phase_;
    status.underlay = plan_.underlay;
    status.overlay = node_.record().overlay;
    status.blocks = node_.record().blocks;
    status.backend = plan_.backend;
    status.repairs = repairs_;
    status.narrow_paths = narrow_paths_;
    status.netns_fd = network_.fd();
    status.netns_inode = network_.inode();
    return status;
}

std::vector<PodStatus> LabNode::pod_statuses() const {
    const std::lock_guard reading{mutex_};
    std::vector<PodStatus> statuses;
    for (const auto& [name, pod] : pods_) {
        PodStatus status{.name = name, .node = plan_.name, .state = phase_};
        status.ips = pod.spec.addresses;
        status.netns_fd = pod.sandbox.network.fd();
        status.netns_inode = pod.sandbox.network.inode();
        statuses.push_back(std::move(status));
    }
    return statuses;
}

Result<SandboxDescriptors> LabNode::descriptors() {
    const std::lock_guard reading{mutex_};
    return identity_.descriptors(network_);
}

std::optional<Result<SandboxDescriptors>> LabNode::descriptors_of(const PodName& pod) {
    const std::lock_guard reading{mutex_};
    const auto at = pods_.find(pod);
    if (at == pods_.end()) return std::nullopt;
    return at->second.identity.descriptors(at->second.sandbox.network);
}

}  // namespace flatlan::lab
