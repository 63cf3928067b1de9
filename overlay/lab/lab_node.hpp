#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "ipam/audit.hpp"
#include "overlay/lab/api_values.hpp"
#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/lab/path_watch.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/node/node.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"

namespace flatlan::lab {

/// Host name and System V objects of a pod or node, made when the first command is run in it: most
/// are never asked for, and a namespace costs.
class LazyIdentity {
public:
    explicit LazyIdentity(std::string host_name) : host_name_{std::move(host_name)} {}
    /// The descriptors of both namespaces and of `network`.
    Result<SandboxDescriptors> descriptors(const Namespace& network);

private:
    std::string host_name_;
    std::optional<Namespace> uts_;
    std::optional<Namespace> ipc_;
};

/// What all nodes of a lab share.
struct ClusterContext {
    const tunnel::TunnelSettings& settings;
    node::BlockClaims& claims;
};

/// An emulated node: a network namespace with an uplink to the underlay, its tunnel, its pods.
///
/// Changed by one thread at a time, which may be a different one for each node; `status` and the
/// descriptors may be asked for by any thread meanwhile.
class LabNode {
public:
    /// `network` is the node's namespace, attached to the underlay; `port` its number there.
    LabNode(const PlannedNode& plan, std::size_t port, Namespace network,
            std::unique_ptr<tunnel::Backend> backend, const ClusterContext& cluster);

    /// Claims the first blocks, takes the node's addresses and makes its namespace forward.
    Result<void> join(Instant now);
    /// Gives the pods their addresses, all or none. Blocks may be claimed for them: not for two
    /// nodes at once.
    Result<void> allocate(Instant now, std::span<const PodName> pods);
    /// Makes the pods that have addresses and nothing else yet, all or none.
    Result<void> create_allocated_pods();
    /// Takes pods away, and the addresses of allocated ones; one that is not there is passed over.
    Result<void> remove_pods(Instant now, std::span<const PodName> pods);
    Result<void> reconcile(const control::Directory& directory);
    /// Puts the tunnel right, and what the namespace needs for it, if somebody changed them; counts
    /// it as a repair. Cheap when nobody did.
    Result<void> repair(const control::Directory& directory);
    /// From now on packets to these nodes are told the way's MTU, and to others the tunnel's.
    Result<void> set_narrow_paths(std::vector<tunnel::PathMtu> paths,
                                  const control::Directory& directory);
    /// The node as an end of ways on the underlay.
    Result<PathEnd> path_end() const;
    /// As of its backend.
    int watch_fd() const { return backend_->watch_fd(); }
    /// All pods' cables and the tunnel, in as few steps as the kernel allows; before the end of the
    /// lab.
    Result<void> remove_devices();
    /// Gives the node's blocks back to the cluster; all its pods must be gone.
    Result<void> leave(Instant now);

    std::size_t port() const { return port_; }
    const tunnel::TunnelNode& record() const { return node_.record(); }

    /// Its blocks and leases, and the addresses that its namespace and those of its pods really
    /// have.
    Result<ipam::NodeSurvey> survey(Instant now) const;
    /// Ends those of the leases that still are as they are here and still used by nobody.
    Result<std::vector<ipam::Lease>> release_unused(Instant now,
                                                    std::span<const ipam::Lease> leases);

    NodeStatus status() const;
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

    /// Says how many things it changed.
    Result<std::size_t> publish_blocks();
    void release(Instant now, const PodName& pod);
    Result<ipam::NodeSurvey> survey_locked(Instant now) const;
    Result<void> group_tunnel_with_pods();

    PlannedNode plan_;
    std::size_t port_;
    ClusterContext cluster_;
    Namespace network_;
    std::size_t next_pod_ = 1;  ///< numbers the node's ends of pods' cables; never used twice
    std::unique_ptr<tunnel::Backend> backend_;
    node::Node node_;
    mutable std::mutex backend_mutex_;  ///< of backend_, whose figures `status` reads
    mutable std::mutex mutex_;          ///< of what follows, and of node_ where `status` reads it
    Phase phase_ = Phase::pending;
    std::vector<tunnel::PathMtu> narrow_paths_;  ///< changed with backend_mutex_ held too
    std::uint64_t repairs_ = 0;  ///< what was put right after somebody's change, one by one
    LazyIdentity identity_;
    std::map<PodName, LabPod> pods_;
    std::vector<std::pair<PodName, pod::SandboxSpec>>
        allocated_;  ///< have addresses and no sandbox yet
};

}  // namespace flatlan::lab
