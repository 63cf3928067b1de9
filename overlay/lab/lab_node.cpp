#include "overlay/lab/lab_node.hpp"

namespace flatlan::lab {

Result<std::unique_ptr<LabNode>> LabNode::create(const PlannedNode& plan, std::size_t port,
                                                 Namespace network, const AgentMaker& maker) {
    std::unique_ptr<LabNode> node{new LabNode{plan, port, std::move(network)}};
    FLATLAN_TRY(agent, maker(plan, *node->network_));
    node->agent_ = std::move(agent);
    return node;
}

Result<void> LabNode::allocate(Instant now, std::span<const PodName> pods) {
    FLATLAN_TRY(specs, agent_->allocate(now, pods));
    const std::lock_guard changing{mutex_};
    for (std::size_t i = 0; i < pods.size(); ++i)
        allocated_.emplace_back(pods[i], std::move(specs[i]));
    return success();
}

Result<void> LabNode::create_allocated_pods() {
    std::vector<pod::SandboxSpec> specs;
    for (const auto& [pod, spec] : allocated_)
        specs.push_back(spec);
    FLATLAN_TRY(made, agent_->create(specs));

    const std::lock_guard changing{mutex_};
    for (std::size_t i = 0; i < allocated_.size(); ++i) {
        const PodName& pod = allocated_[i].first;
        pods_.emplace(pod,
                      LabPod{std::move(specs[i]), std::move(made[i]), LazyIdentity{pod.name()}});
    }
    allocated_.clear();
    return success();
}

Result<void> LabNode::remove_pods(Instant now, std::span<const PodName> pods) {
    std::vector<pod::SandboxSpec> specs;
    for (const PodName& pod : pods) {
        if (const auto at = pods_.find(pod); at != pods_.end()) specs.push_back(at->second.spec);
        for (const auto& [waiting, spec] : allocated_)
            if (waiting == pod) specs.push_back(spec);
    }
    FLATLAN_TRY_VOID(agent_->remove(now, specs));

    const std::lock_guard changing{mutex_};
    for (const PodName& pod : pods) {
        pods_.erase(pod);
        std::erase_if(allocated_, [&](const auto& waiting) { return waiting.first == pod; });
    }
    return success();
}

Result<void> LabNode::reconcile(const control::Directory& directory) {
    if (is_stopped()) return success();
    FLATLAN_TRY_VOID(agent_->reconcile(directory));
    const std::lock_guard changing{mutex_};
    phase_ = Phase::running;
    return success();
}

Result<void> LabNode::repair(const control::Directory& directory) {
    return is_stopped() ? success() : agent_->repair(directory);
}

Result<void> LabNode::try_offloads(const control::Directory& directory) {
    return is_stopped() ? success() : agent_->try_offloads(directory);
}

Result<void> LabNode::set_narrow_paths(std::vector<tunnel::PathMtu> paths,
                                       const control::Directory& directory) {
    return is_stopped() ? success() : agent_->set_narrow_paths(std::move(paths), directory);
}

Result<node::PathEnd> LabNode::path_end() const {
    FLATLAN_TRY(network, network_->duplicate());
    return node::PathEnd{plan_.name, endpoint_of(plan_), std::move(network)};
}

bool LabNode::is_stopped() const {
    const std::lock_guard reading{mutex_};
    return !network_;
}

Result<void> LabNode::stop() {
    FLATLAN_TRY_VOID(agent_->power_off());
    const std::lock_guard changing{mutex_};
    for (auto& [name, pod] : pods_)
        allocated_.emplace_back(name, std::move(pod.spec));
    pods_.clear();
    identity_ = LazyIdentity{plan_.name.text()};
    network_.reset();
    phase_ = Phase::pending;
    return success();
}

Result<void> LabNode::start(std::size_t port, Namespace network) {
    {
        const std::lock_guard changing{mutex_};
        network_ = std::move(network);
        port_ = port;
    }
    return agent_->power_on(*network_);
}

Result<void> LabNode::remove_devices() {
    {
        const std::lock_guard changing{mutex_};
        phase_ = Phase::terminating;
        if (!network_) return success();
    }
    return agent_->power_off();
}

Result<SurveyScope> LabNode::survey_scope() const {
    const std::lock_guard reading{mutex_};
    SurveyScope scope;
    const auto keep = [&](const pod::SandboxSpec& spec) -> Result<void> {
        FLATLAN_TRY(key, ipam::LeaseKey::from_text(spec.lease_key));
        scope.kept.insert(std::move(key));
        return success();
    };
    if (network_) scope.networks.push_back(&*network_);
    for (const auto& [name, pod] : pods_) {
        scope.networks.push_back(&pod.sandbox.network);
        FLATLAN_TRY_VOID(keep(pod.spec));
    }
    for (const auto& [name, spec] : allocated_)
        FLATLAN_TRY_VOID(keep(spec));
    return scope;
}

Result<ipam::NodeSurvey> LabNode::survey(Instant now) const {
    FLATLAN_TRY(scope, survey_scope());
    return agent_->survey(now, scope);
}

Result<std::vector<ipam::Lease>> LabNode::release_unused(Instant now,
                                                         std::span<const ipam::Lease> leases) {
    FLATLAN_TRY(scope, survey_scope());
    return agent_->release_unused(now, scope, leases);
}

NodeStatus LabNode::status(const control::Directory* peers) const {
    NodeStatus status{.name = plan_.name};
    agent_->show(status, peers);
    const std::lock_guard reading{mutex_};
    status.state = phase_;
    status.underlay = plan_.underlay;
    status.backend = plan_.backend;
    if (!network_) return status;
    status.netns_fd = network_->fd();
    status.netns_inode = network_->inode();
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
    if (network_) return statuses;
    for (const auto& [name, spec] : allocated_)
        statuses.push_back({.name = name, .node = plan_.name, .ips = spec.addresses});
    return statuses;
}

Result<SandboxDescriptors> LabNode::descriptors() {
    const std::lock_guard reading{mutex_};
    if (!network_)
        return Error{ErrorCode::unavailable, "node '" + plan_.name.text() + "' is stopped"}
            .expecting("flatlan node start " + plan_.name.text() + " first");
    FLATLAN_TRY(descriptors, identity_.descriptors(*network_));
    const NodeAgent::Places places = agent_->places();
    descriptors.mounts = places.mounts;
    if (places.uts >= 0) descriptors.uts = places.uts;
    return descriptors;
}

std::optional<Result<SandboxDescriptors>> LabNode::descriptors_of(const PodName& pod) {
    const std::lock_guard reading{mutex_};
    const auto at = pods_.find(pod);
    if (at != pods_.end()) return at->second.identity.descriptors(at->second.sandbox.network);
    for (const auto& [waiting, spec] : allocated_)
        if (waiting == pod && !network_)
            return Error{ErrorCode::unavailable, "pod '" + to_string(pod) + "' waits for node '" +
                                                     plan_.name.text() + "', which is stopped"}
                .expecting("flatlan node start " + plan_.name.text() + " first");
    return std::nullopt;
}

}  // namespace flatlan::lab
