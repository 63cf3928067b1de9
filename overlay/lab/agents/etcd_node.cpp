#include "overlay/lab/agents/etcd_node.hpp"

#include "overlay/lab/agents/agent_cluster.hpp"

namespace flatlan::lab {

Result<std::unique_ptr<EtcdNode>> EtcdNode::start(const PlannedNode& plan, std::size_t port,
                                                  Namespace network,
                                                  const std::filesystem::path& program) {
    std::unique_ptr<EtcdNode> node{new EtcdNode{plan, port, std::move(network), program}};
    FLATLAN_TRY(machine, NodeMachine::create(plan.name, *node->network_));
    node->machine_ = std::move(machine);
    FLATLAN_TRY_VOID(node->run());
    return node;
}

/// A single member elects itself: what it waits for before is the election's timeout.
Result<void> EtcdNode::run() {
    const std::string url = etcd_url_of(plan_);
    const std::string peers = "http://127.0.0.1:2380";
    return machine_->start({program_.string(),
                            "--name",
                            plan_.name.text(),
                            "--data-dir",
                            "/var/lib/etcd",
                            "--listen-client-urls",
                            url + ",http://127.0.0.1:2379",
                            "--advertise-client-urls",
                            url,
                            "--listen-peer-urls",
                            peers,
                            "--initial-advertise-peer-urls",
                            peers,
                            "--initial-cluster",
                            plan_.name.text() + "=" + peers,
                            "--heartbeat-interval",
                            "20",
                            "--election-timeout",
                            "200",
                            "--log-level",
                            "warn"},
                           inherited_environment());
}

Result<void> EtcdNode::stop() {
    FLATLAN_TRY_VOID(machine_->power_off());
    const std::lock_guard changing{mutex_};
    identity_ = LazyIdentity{plan_.name.text()};
    network_.reset();
    return success();
}

Result<void> EtcdNode::start_again(std::size_t port, Namespace network) {
    {
        const std::lock_guard changing{mutex_};
        network_ = std::move(network);
        port_ = port;
    }
    machine_->power_on(*network_);
    return run();
}

Result<void> EtcdNode::revive() { return machine_->program() ? success() : run(); }

bool EtcdNode::is_stopped() const {
    const std::lock_guard reading{mutex_};
    return !network_;
}

RegistryStatus EtcdNode::status() const {
    RegistryStatus status{
        .name = plan_.name, .underlay = plan_.underlay, .url = etcd_url_of(plan_)};
    status.daemon = machine_->status();
    const bool runs = status.daemon.pid != 0;
    const std::lock_guard reading{mutex_};
    status.state = !network_ ? Phase::pending : runs ? Phase::running : Phase::failed;
    return status;
}

Result<SandboxDescriptors> EtcdNode::descriptors() {
    const std::lock_guard reading{mutex_};
    if (!network_)
        return Error{ErrorCode::unavailable, "node '" + plan_.name.text() + "' is stopped"}
            .expecting("flatlan node start " + plan_.name.text() + " first");
    FLATLAN_TRY(descriptors, identity_.descriptors(*network_));
    descriptors.mounts = machine_->mounts_fd();
    descriptors.uts = machine_->uts_fd();
    return descriptors;
}

}  // namespace flatlan::lab
