#pragma once

#include <memory>
#include <mutex>

#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/node_agent.hpp"
#include "overlay/node/node.hpp"

namespace flatlan::lab {

/// What all nodes that the supervisor itself looks after share.
struct ClusterContext {
    const tunnel::TunnelSettings& settings;
    node::BlockClaims& claims;
};

/// A node's part of the cluster, done by the supervisor: claims and leases in its memory, the
/// tunnel by netlink in the node's namespace.
class SupervisedAgent final : public NodeAgent {
public:
    static Result<std::unique_ptr<SupervisedAgent>> create(const PlannedNode& plan,
                                                           const Namespace& network,
                                                           const ClusterContext& cluster);

    Result<void> join(Instant now) override;
    Result<std::vector<pod::SandboxSpec>> allocate(Instant now,
                                                   std::span<const PodName> pods) override;
    Result<std::vector<pod::Sandbox>> create(std::span<pod::SandboxSpec> specs) override;
    Result<void> remove(Instant now, std::span<const pod::SandboxSpec> specs) override;
    std::optional<tunnel::TunnelNode> record() const override { return node_.record(); }
    Result<void> reconcile(const control::Directory& directory) override;
    Result<void> repair(const control::Directory& directory) override;
    Result<void> try_offloads(const control::Directory& directory) override;
    Result<void> set_narrow_paths(std::vector<tunnel::PathMtu> paths,
                                  const control::Directory& directory) override;
    Result<int> watch() override;
    void unwatch() override;
    Result<void> power_off() override;
    Result<void> power_on(const Namespace& network) override;
    Result<void> leave(Instant now) override { return node_.leave(now); }
    Result<IpAddresses> overlay() const override;
    void show(NodeStatus& status, const control::Directory* peers) const override;
    Result<ipam::NodeSurvey> survey(Instant now, const SurveyScope& scope) const override;
    Result<std::vector<ipam::Lease>> release_unused(Instant now, const SurveyScope& scope,
                                                    std::span<const ipam::Lease> leases) override;

private:
    /// Of a device, where nobody answers: each holds up the lab.
    static constexpr std::uint32_t kTrialsMax = 3;

    SupervisedAgent(const PlannedNode& plan, const Namespace& network,
                    std::unique_ptr<tunnel::Backend> backend, const ClusterContext& cluster);

    /// Says how many things it changed.
    Result<std::size_t> publish_blocks();
    void release(Instant now, const pod::SandboxSpec& spec);
    Result<ipam::NodeSurvey> survey_locked(Instant now, const SurveyScope& scope) const;
    Result<void> group_tunnel_with_pods();

    PlannedNode plan_;
    const Namespace* network_;
    ClusterContext cluster_;
    std::size_t next_pod_ = 1;  ///< numbers the node's ends of pods' cables; never used twice
    std::unique_ptr<tunnel::Backend> backend_;  ///< none while the node is off
    node::Node node_;
    std::mutex trial_mutex_;            ///< of offloads; taken before the others
    mutable std::mutex backend_mutex_;  ///< of backend_, whose figures `show` reads
    mutable std::mutex mutex_;          ///< of what follows, and of node_ where others read it
    std::vector<tunnel::PathMtu> narrow_paths_;  ///< changed with backend_mutex_ held too
    std::uint64_t repairs_ = 0;  ///< what was put right after somebody's change, one by one
};

}  // namespace flatlan::lab
