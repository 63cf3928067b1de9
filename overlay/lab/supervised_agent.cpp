#include "overlay/lab/supervised_agent.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "overlay/base/undo.hpp"
#include "overlay/lab/backends.hpp"
#include "overlay/lab/lease_key.hpp"
#include "overlay/linux/machine_namespaces.hpp"
#include "overlay/pod/sandbox/node_network.hpp"

namespace flatlan::lab {

Result<std::unique_ptr<SupervisedAgent>> SupervisedAgent::create(const PlannedNode& plan,
                                                                 const Namespace& network,
                                                                 const ClusterContext& cluster) {
    FLATLAN_TRY(backend, make_backend(plan.backend, network));
    return std::unique_ptr<SupervisedAgent>{
        new SupervisedAgent{plan, network, std::move(backend), cluster}};
}

SupervisedAgent::SupervisedAgent(const PlannedNode& plan, const Namespace& network,
                                 std::unique_ptr<tunnel::Backend> backend,
                                 const ClusterContext& cluster)
    : plan_{plan},
      network_{&network},
      cluster_{cluster},
      backend_{std::move(backend)},
      node_{{plan.name, kOnlyIncarnation}, endpoint_of(plan), cluster.settings, cluster.claims} {}

Result<void> SupervisedAgent::join(Instant now) {
    const std::lock_guard changing{mutex_};
    FLATLAN_TRY_VOID(node_.join(now));
    if (auto published = publish_blocks(); !published) return std::move(published).error();
    return success();
}

/// The namespace must know which addresses are this node's before a pod has one of them.
Result<std::size_t> SupervisedAgent::publish_blocks() {
    const tunnel::TunnelNode& record = node_.record();
    auto prepared =
        pod::prepare_node(*network_, {.overlay = record.overlay,
                                      .cluster_prefixes = cluster_.settings.cluster_prefixes,
                                      .blocks = record.blocks});
    if (!prepared)
        return std::move(prepared).error().within("prepare node '" + plan_.name.text() + "'");
    return prepared;
}

Result<std::vector<pod::SandboxSpec>> SupervisedAgent::allocate(Instant now,
                                                                std::span<const PodName> pods) {
    const std::size_t blocks_before = node_.record().blocks.size();
    std::vector<pod::SandboxSpec> specs;
    const std::lock_guard changing{mutex_};
    Undo give_back{[&] {
        for (const pod::SandboxSpec& spec : specs)
            release(now, spec);
    }};
    for (const PodName& pod : pods) {
        FLATLAN_TRY(key, lease_key(pod));
        auto addresses = node_.allocate(now, key);
        if (!addresses)
            return std::move(addresses).error().within("node '" + plan_.name.text() + "'");
        specs.push_back({.name = to_string(pod),
                         .node_end = InterfaceName{"p" + std::to_string(next_pod_++)},
                         .addresses = addresses.value(),
                         .lease_key = key.text()});
    }
    FLATLAN_TRY_VOID(node_.claim_ahead(now));
    if (node_.record().blocks.size() != blocks_before)
        if (auto published = publish_blocks(); !published) return std::move(published).error();
    give_back.disarm();
    return specs;
}

Result<std::vector<pod::Sandbox>> SupervisedAgent::create(std::span<pod::SandboxSpec> specs) {
    FLATLAN_TRY(mtu, tunnel::overlay_mtu(plan_.backend, cluster_.settings.underlay_mtu,
                                         node_.record().endpoint.family(),
                                         node_.record().overlay.ipv6.has_value()));
    const pod::SandboxNode side{.network = *network_,
                                .overlay = node_.record().overlay,
                                .cluster_prefixes = cluster_.settings.cluster_prefixes,
                                .mtu = mtu,
                                .group = kPodLinks};
    auto made = pod::create_sandboxes(side, specs);
    if (!made) return std::move(made).error().within("node '" + plan_.name.text() + "'");
    return made;
}

void SupervisedAgent::release(Instant now, const pod::SandboxSpec& spec) {
    if (auto key = ipam::LeaseKey::from_text(spec.lease_key)) node_.release(now, key.value());
}

Result<void> SupervisedAgent::remove(Instant now, std::span<const pod::SandboxSpec> specs) {
    std::vector<InterfaceName> node_ends;
    for (const pod::SandboxSpec& spec : specs)
        node_ends.push_back(spec.node_end);
    FLATLAN_TRY_VOID(pod::remove_sandbox_links(*network_, node_ends));
    const std::lock_guard changing{mutex_};
    for (const pod::SandboxSpec& spec : specs)
        release(now, spec);
    return success();
}

Result<void> SupervisedAgent::reconcile(const control::Directory& directory) {
    const std::lock_guard working{backend_mutex_};
    auto changed = node_.reconcile(*backend_, directory, narrow_paths_);
    if (!changed)
        return std::move(changed).error().within("tunnel of node '" + plan_.name.text() + "'");
    return success();
}

Result<void> SupervisedAgent::repair(const control::Directory& directory) {
    {
        const std::lock_guard working{backend_mutex_};
        FLATLAN_TRY(untouched, backend_->is_untouched());
        if (untouched) return success();
        FLATLAN_TRY(prepared, publish_blocks());
        FLATLAN_TRY(change, node_.reconcile(*backend_, directory, narrow_paths_));
        const std::lock_guard counting{mutex_};
        repairs_ += prepared + change.added + change.replaced + change.removed;
    }
    return try_offloads(directory);
}

/// While answers are waited for the backend is there for others.
Result<void> SupervisedAgent::try_offloads(const control::Directory& directory) {
    const std::lock_guard trying{trial_mutex_};
    std::unique_ptr<tunnel::OffloadTrial> trial;
    {
        const std::lock_guard working{backend_mutex_};
        if (!backend_) return success();
        FLATLAN_TRY(next, backend_->next_trial(directory.wanted_for(plan_.name)));
        trial = std::move(next);
    }
    if (!trial || trial->number() >= kTrialsMax) return success();
    FLATLAN_TRY(verdict, trial->run(-1));
    const std::lock_guard working{backend_mutex_};
    return backend_ ? backend_->end_trial(*trial, verdict) : success();
}

Result<void> SupervisedAgent::set_narrow_paths(std::vector<tunnel::PathMtu> paths,
                                               const control::Directory& directory) {
    const std::lock_guard working{backend_mutex_};
    if (auto changed = node_.reconcile(*backend_, directory, paths); !changed)
        return std::move(changed).error().within("tunnel of node '" + plan_.name.text() + "'");
    // Shown once it is so.
    const std::lock_guard changing{mutex_};
    narrow_paths_ = std::move(paths);
    return success();
}

Result<int> SupervisedAgent::watch() {
    const std::lock_guard working{backend_mutex_};
    if (!backend_) return -1;
    return backend_->watch();
}

void SupervisedAgent::unwatch() {
    const std::lock_guard working{backend_mutex_};
    if (backend_) backend_->unwatch();
}

/// So that the tunnel's device goes with the pods', in one transaction of the kernel instead of
/// two.
Result<void> SupervisedAgent::group_tunnel_with_pods() {
    FLATLAN_TRY(netlink, Netlink::open_in(*network_));
    FLATLAN_TRY(device, find_link(netlink, backend_->device()));
    if (!device) return success();
    return set_link(netlink, device->index, {.group = kPodLinks});
}

Result<void> SupervisedAgent::power_off() {
    const std::lock_guard working{backend_mutex_};
    if (plan_.backend == tunnel::BackendKind::kernel) FLATLAN_TRY_VOID(group_tunnel_with_pods());
    FLATLAN_TRY_VOID(pod::remove_all_sandbox_links(*network_, kPodLinks));
    FLATLAN_TRY_VOID(backend_->remove());
    backend_.reset();  // it works in a namespace that goes too
    return success();
}

Result<void> SupervisedAgent::power_on(const Namespace& network) {
    const std::lock_guard working{backend_mutex_};
    FLATLAN_TRY(backend, make_backend(plan_.backend, network));
    network_ = &network;
    backend_ = std::move(backend);
    if (auto published = publish_blocks(); !published) return std::move(published).error();
    const std::lock_guard changing{mutex_};
    narrow_paths_.clear();
    return success();
}

Result<IpAddresses> SupervisedAgent::overlay() const {
    const std::lock_guard reading{mutex_};
    return node_.record().overlay;
}

void SupervisedAgent::show(NodeStatus& status, const control::Directory* peers) const {
    {
        const std::lock_guard working{backend_mutex_};
        std::optional<tunnel::TunnelWanted> wanted;
        if (peers != nullptr && peers->find(plan_.name) != nullptr) {
            wanted.emplace(peers->wanted_for(plan_.name));
            wanted->narrow_paths = narrow_paths_;
        }
        if (!backend_) {
            // Of a node that is off nothing is to be read.
        } else if (auto figures = backend_->figures(wanted)) {
            status.tunnel = std::move(figures).value();
        } else {
            spdlog::warn("node {}: {}", plan_.name.text(), figures.error().to_string());
        }
    }
    const std::lock_guard reading{mutex_};
    status.overlay = node_.record().overlay;
    status.blocks = node_.record().blocks;
    status.repairs = repairs_;
    status.narrow_paths = narrow_paths_;
}

Result<ipam::NodeSurvey> SupervisedAgent::survey(Instant now, const SurveyScope& scope) const {
    const std::lock_guard reading{mutex_};
    return survey_locked(now, scope);
}

Result<ipam::NodeSurvey> SupervisedAgent::survey_locked(Instant now,
                                                        const SurveyScope& scope) const {
    ipam::NodeSurvey survey{{plan_.name, kOnlyIncarnation}, node_.pool().view(now), {}, scope.kept};
    survey.kept.insert(ipam::LeaseKey::of_node(plan_.name));
    for (const Namespace* network : scope.networks) {
        FLATLAN_TRY(live, live_addresses_in(*network));
        survey.live.insert(survey.live.end(), live.begin(), live.end());
    }
    return survey;
}

Result<std::vector<ipam::Lease>> SupervisedAgent::release_unused(
    Instant now, const SurveyScope& scope, std::span<const ipam::Lease> leases) {
    const std::lock_guard changing{mutex_};
    FLATLAN_TRY(survey, survey_locked(now, scope));
    std::vector<ipam::Lease> released;
    for (ipam::Lease& lease : ipam::leaked_leases(survey)) {
        if (std::find(leases.begin(), leases.end(), lease) == leases.end()) continue;
        node_.release(now, lease.key);
        released.push_back(std::move(lease));
    }
    return released;
}

}  // namespace flatlan::lab
