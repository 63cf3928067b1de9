#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

#include "ipam/block_ledger.hpp"
#include "overlay/control/directory.hpp"
#include "overlay/lab/agents/agent_cluster.hpp"
#include "overlay/lab/agents/etcd_node.hpp"
#include "overlay/lab/lab_change.hpp"
#include "overlay/lab/lab_node.hpp"
#include "overlay/lab/underlay.hpp"
#include "overlay/lab/upkeep.hpp"
#include "overlay/lab/world.hpp"
#include "overlay/node/block_claims.hpp"
#include "overlay/pod/container/container_engine.hpp"
#include "overlay/registry/memory_registry.hpp"

namespace flatlan::lab {

/// The lab's time: since the machine's start, whatever people do to the clock on the wall.
Instant now();

/// All that a World is made of. Its steps are in world.cpp and in the files
/// named after it: world_ipam.cpp, world_containers.cpp and so on.
struct World::State {
    State(LabSpec wanted, std::optional<AgentPrograms> found, pod::ContainerPlaces places);

    Result<void> add_nodes(std::span<const PlannedNode> planned, const StepListener& step);
    Result<void> add_pods(const std::vector<PlannedPod>& pods, const StepListener& step);
    /// The first half of `add_pods`: addresses, and the blocks for them.
    Result<void> allocate_pods(const std::vector<PlannedPod>& pods);
    /// The second: devices.
    Result<void> create_pods(const std::vector<PlannedPod>& pods);
    Result<void> reconcile(const StepListener& step);
    Result<void> remove_pods(const std::vector<PlannedPod>& pods);
    Result<void> remove_nodes(std::span<const PlannedNode> gone);
    Result<ApplyReport> carry_out(const LabChange& change);
    LabNode& node(const NodeName& name) { return *nodes.at(name); }
    Result<std::vector<ipam::NodeSurvey>> survey_nodes() const;
    Result<LabNode*> find_node(const NodeName& name) const;
    Result<void> check_none_is_stopped() const;
    AgentMaker agent_maker();
    Result<void> start_upkeep();
    Result<void> power_on(const NodeName& name, LabNode& node);
    Result<void> start_registry();
    bool is_registry(const NodeName& name) const { return etcd && etcd->plan().name == name; }
    Result<void> stop_registry();
    Result<void> restart_registry();
    Result<void> await_nodes(std::span<const PlannedNode> planned) const;
    Result<void> await_ways() const;
    Result<void> take_back_blocks(std::span<const PlannedNode> gone);
    void show_daemons(LabStatus& status) const;
    /// Of each node by peer where `peers` says who they are.
    LabStatus status(const control::Directory* peers) const;

    // world_containers.cpp
    Result<void> prepare_containers(const LabSpec& wanted);
    Result<std::vector<PodName>> launch_containers(const LabSpec& wanted,
                                                   std::span<const PlannedPod> pods);
    Result<void> settle(const std::vector<PodName>& started, ChangeQueue::Turn& turn);
    Result<void> relaunch(ChangeQueue::Turn& turn);
    void stop_containers(std::span<const PlannedPod> pods);
    void kill_containers_of(const NodeName& node);
    Result<ApplyReport> change_pods(const LabChange& change, std::span<const PlannedPod> changed);
    std::vector<std::string> container_notes() const;
    std::vector<std::string> agent_notes() const;
    std::vector<std::string> change_notes() const;  ///< both
    std::vector<PlannedPod> changed_pods(const LabSpec& wanted, const LabPlan& wanted_plan) const;
    void publish_names();
    void show_containers(PodStatus& pod) const;

    // world_replicas.cpp
    struct Change {
        ApplyReport report;
        std::size_t in_turn = 0;  ///< pods of workloads that are to be exchanged
    };
    Result<Change> become(const LabSpec& wanted, ChangeQueue::Turn& turn);
    Result<void> roll_out(std::uint64_t own, ChangeQueue::Turn& turn);
    Result<void> exchange(std::size_t workload, std::uint64_t own, ChangeQueue::Turn& turn);
    std::vector<PlannedPod> outdated_pods(std::size_t workload) const;
    std::vector<PodName> unready_pods(std::size_t workload,
                                      std::span<const PlannedPod> other_than) const;
    /// Ends all containers of the node, which is about to stop. Where others have no room for its
    /// replicas, nothing happens.
    Result<void> move_replicas_off(const NodeName& from);
    std::vector<PlannedPod> choose_other_nodes(const NodeName& from,
                                               std::vector<PlannedPod>& pods) const;
    std::optional<NodeName> emptiest_node(std::span<const PlannedPod> pods,
                                          const NodeName& other_than) const;

    LabSpec spec;
    const pod::ContainerPlaces places;
    LabPlan plan;  ///< of what runs
    const tunnel::TunnelSettings settings;
    const std::optional<AgentPrograms> programs;  ///< with Agents::process
    registry::MemoryRegistry registry;
    ipam::BlockLedger ledger;
    node::BlockClaims claims;
    control::Directory directory;
    std::unique_ptr<Underlay> underlay;
    LazyIdentity underlay_identity{"underlay"};
    std::size_t next_port = 1;
    Phase phase = Phase::pending;
    bool kept = true;  ///< `upkeep` is there, or will be
    /// Held alone while `nodes`, `plan`, `phase` or `kept` change; each node guards what is in it.
    mutable std::shared_mutex mutex;
    std::map<NodeName, std::unique_ptr<LabNode>> nodes;
    std::optional<AgentCluster> agents;
    std::unique_ptr<EtcdNode> etcd;
    std::mutex work;  ///< of who changes nodes: a request, or the keeper
    std::unique_ptr<Upkeep> upkeep;
    std::atomic<std::uint64_t> rollouts = 0;  ///< how many applies there were: the last goes on
    std::unique_ptr<pod::ContainerEngine> engine;                 ///< once there is a container
    std::atomic<pod::ContainerEngine*> running_engine = nullptr;  ///< the same, for other threads
};

}  // namespace flatlan::lab
