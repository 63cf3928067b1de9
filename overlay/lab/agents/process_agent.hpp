#pragma once

#include <atomic>
#include <memory>

#include "overlay/lab/agents/agent_cluster.hpp"
#include "overlay/lab/agents/cni_call.hpp"
#include "overlay/lab/agents/node_machine.hpp"
#include "overlay/lab/node_agent.hpp"

namespace flatlan::lab {

/// A node's part of the cluster, done by the programs of a real node: `flatland` runs in the node's
/// namespaces and asks etcd, and pods get their networks from `flatlan-cni`. The supervisor is the
/// machine's power, its service manager and its container runtime.
///
/// A daemon that ends stays so until it is started again: whoever kills one wants to see that.
class ProcessAgent final : public NodeAgent {
public:
    /// `network` and `cluster` are the caller's.
    static Result<std::unique_ptr<ProcessAgent>> create(const PlannedNode& plan,
                                                        const Namespace& network,
                                                        const AgentCluster& cluster);

    Result<void> join(Instant now) override;
    Result<void> await_joined() override;
    Result<std::vector<pod::SandboxSpec>> allocate(Instant now,
                                                   std::span<const PodName> pods) override;
    Result<std::vector<pod::Sandbox>> create(std::span<pod::SandboxSpec> specs) override;
    Result<void> remove(Instant now, std::span<const pod::SandboxSpec> specs) override;
    std::optional<tunnel::TunnelNode> record() const override { return std::nullopt; }
    // The daemon's own part.
    Result<void> reconcile(const control::Directory&) override { return success(); }
    Result<void> repair(const control::Directory&) override { return success(); }
    Result<void> set_narrow_paths(std::vector<tunnel::PathMtu>,
                                  const control::Directory&) override {
        return success();
    }
    Result<int> watch() override { return -1; }
    Result<void> power_off() override;
    Result<void> power_on(const Namespace& network) override;
    Result<void> revive() override;
    bool is_up() const override { return machine_->goes_on(); }
    Result<void> leave(Instant now) override;
    Result<void> take_back_from(const NodeName& gone) override;
    Result<IpAddresses> overlay() const override;
    void show(NodeStatus& status, const control::Directory* peers) const override;
    UniqueFd hold_daemon_run() const override {
        return is_up() ? machine_->hold_run() : UniqueFd{};
    }
    Places places() const override { return {machine_->mounts_fd(), machine_->uts_fd()}; }
    Result<ipam::NodeSurvey> survey(Instant now, const SurveyScope& scope) const override;
    Result<std::vector<ipam::Lease>> release_unused(Instant now, const SurveyScope& scope,
                                                    std::span<const ipam::Lease> leases) override;

private:
    ProcessAgent(const PlannedNode& plan, const Namespace& network, const AgentCluster& cluster,
                 std::unique_ptr<NodeMachine> machine);
    Result<void> start_daemon();
    Result<pod::Sandbox> create_one(pod::SandboxSpec& spec);
    Result<void> remove_one(const pod::SandboxSpec& spec);

    PlannedNode plan_;
    const Namespace* network_;
    const AgentCluster& cluster_;
    std::unique_ptr<NodeMachine> machine_;
    CniCaller cni_;
    std::size_t next_container_ = 1;  ///< a pod that comes back is another container
};

}  // namespace flatlan::lab
