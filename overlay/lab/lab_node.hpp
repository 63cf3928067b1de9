#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "ipam/audit.hpp"
#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/lab/lazy_identity.hpp"
#include "overlay/lab/node_agent.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/node/path_watch.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"

namespace flatlan::lab {

/// Makes the agent of a node, which works in this network namespace.
using AgentMaker = std::function<Result<std::unique_ptr<NodeAgent>>(const PlannedNode& plan,
                                                                    const Namespace& network)>;

/// An emulated node: a network namespace with an uplink to the underlay, its pods, and the agent
/// that makes it a member of the cluster.
///
/// Changed by one thread at a time, which may be a different one for each node; `status` and the
/// descriptors may be asked for by any thread meanwhile.
class LabNode {
public:
    /// `network` is the node's namespace, attached to the underlay; `port` its number there.
    static Result<std::unique_ptr<LabNode>> create(const PlannedNode& plan, std::size_t port,
                                                   Namespace network, const AgentMaker& maker);

    /// As NodeAgent's.
    Result<void> join(Instant now) { return agent_->join(now); }
    Result<void> await_joined() { return agent_->await_joined(); }
    /// Gives the pods their addresses, all or none. Blocks may be claimed for them: not for two
    /// nodes at once.
    Result<void> allocate(Instant now, std::span<const PodName> pods);
    /// Makes the pods that have addresses and nothing else yet, all or none.
    Result<void> create_allocated_pods();
    /// Takes pods away, and the addresses of allocated ones; one that is not there is passed over.
    Result<void> remove_pods(Instant now, std::span<const PodName> pods);
    Result<void> reconcile(const control::Directory& directory);
    /// As NodeAgent's; nothing happens while the node is stopped.
    Result<void> repair(const control::Directory& directory);
    /// As NodeAgent's; nothing happens while the node is stopped.
    Result<void> try_offloads(const control::Directory& directory);
    Result<void> set_narrow_paths(std::vector<tunnel::PathMtu> paths,
                                  const control::Directory& directory);
    /// The node as an end of ways on the underlay.
    Result<node::PathEnd> path_end() const;
    Result<int> watch() { return agent_->watch(); }
    void unwatch() { agent_->unwatch(); }

    /// As when a machine loses its power: pods, links and whatever ran are gone. What it has on its
    /// disk stays, and its pods wait for it.
    Result<void> stop();
    /// The machine is on again, with a new namespace that is attached to the underlay as `port`.
    Result<void> start(std::size_t port, Namespace network);
    /// Of a node that runs: the programs that have ended.
    Result<void> revive() { return agent_->revive(); }
    bool is_stopped() const;
    bool is_up() const { return !is_stopped() && agent_->is_up(); }

    /// All pods' cables and the tunnel, in as few steps as the kernel allows; before the end of the
    /// lab.
    Result<void> remove_devices();
    /// Gives the node's blocks back to the cluster; all its pods must be gone.
    Result<void> leave(Instant now) { return agent_->leave(now); }
    Result<void> take_back_from(const NodeName& gone) { return agent_->take_back_from(gone); }

    std::size_t port() const { return port_; }
    std::optional<tunnel::TunnelNode> record() const { return agent_->record(); }
    Result<IpAddresses> overlay() const { return agent_->overlay(); }

    /// Its blocks and leases, and the addresses that its namespace and those of its pods really
    /// have.
    Result<ipam::NodeSurvey> survey(Instant now) const;
    /// Ends those of the leases that still are as they are here and still used by nobody.
    Result<std::vector<ipam::Lease>> release_unused(Instant now,
                                                    std::span<const ipam::Lease> leases);

    /// Its tunnel peer by peer where `peers` says who they are.
    NodeStatus status(const control::Directory* peers) const;
    UniqueFd hold_daemon_run() const { return agent_->hold_daemon_run(); }
    std::vector<PodStatus> pod_statuses() const;
    Result<SandboxDescriptors> descriptors();
    /// Nothing when the pod is not on this node.
    std::optional<Result<SandboxDescriptors>> descriptors_of(const PodName& pod);

private:
    struct LabPod {
        pod::SandboxSpec spec;
        pod::Sandbox sandbox;
        LazyIdentity identity;
    };

    LabNode(const PlannedNode& plan, std::size_t port, Namespace network)
        : plan_{plan}, port_{port}, network_{std::move(network)}, identity_{plan.name.text()} {}
    Result<SurveyScope> survey_scope() const;

    PlannedNode plan_;
    std::size_t port_;
    std::optional<Namespace> network_;  ///< empty while the node is stopped
    std::unique_ptr<NodeAgent> agent_;
    mutable std::mutex mutex_;  ///< of what follows, and of network_ where others read it
    Phase phase_ = Phase::pending;
    LazyIdentity identity_;
    std::map<PodName, LabPod> pods_;
    std::vector<std::pair<PodName, pod::SandboxSpec>>
        allocated_;  ///< have addresses and no sandbox yet
};

}  // namespace flatlan::lab
