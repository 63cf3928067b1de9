#include "overlay/lab/world.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <utility>

#include "overlay/base/undo.hpp"
#include "overlay/lab/backends.hpp"
#include "overlay/lab/supervised_agent.hpp"
#include "overlay/lab/world_state.hpp"
#include "overlay/linux/parallel.hpp"

namespace flatlan::lab {
namespace {

/// A removal waits for grace periods of RCU, several at once as well as one.
constexpr std::size_t kRemovalThreads = 32;

tunnel::TunnelSettings settings_of(const LabSpec& spec) {
    return {.vni = spec.vni,
            .port = spec.port,
            .underlay_mtu = spec.underlay_mtu,
            .cluster_prefixes = spec.pod_cidrs,
            .sender_check = spec.sender_check,
            .peer_counts = spec.peer_counts};
}

/// The plan has checked that each prefix holds a block, so this cannot fail.
ipam::ClusterPools pools_of(const LabSpec& spec) {
    std::vector<ipam::PoolSpec> pools;
    for (const IpPrefix& prefix : spec.pod_cidrs)
        pools.push_back(ipam::PoolSpec::from(prefix, prefix.family() == IpFamily::ipv4
                                                         ? spec.block_length_ipv4
                                                         : spec.block_length_ipv6)
                            .value());
    return ipam::ClusterPools::from(std::move(pools)).value();
}

std::map<NodeName, std::vector<PodName>> names_by_node(const std::vector<PlannedPod>& pods) {
    std::map<NodeName, std::vector<PodName>> names;
    for (const PlannedPod& pod : pods)
        names[pod.node].push_back(pod.name);
    return names;
}

}  // namespace

Instant now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant::from_nanoseconds(time.tv_sec * 1'000'000'000LL + time.tv_nsec);
}

World::State::State(LabSpec wanted, std::optional<AgentPrograms> found,
                    pod::ContainerPlaces container_places)
    : spec{std::move(wanted)},
      places{std::move(container_places)},
      settings{settings_of(spec)},
      programs{std::move(found)},
      registry{{.clock = now}},
      ledger{pools_of(spec)},
      claims{registry, control::RecordKeys{spec.name}, ledger, ipam::ClaimOrder::lowest},
      directory{settings} {}

Result<void> World::State::add_nodes(std::span<const PlannedNode> planned,
                                     const StepListener& step) {
    FLATLAN_TRY_VOID(step({"nodes", 0, planned.size()}));
    const std::size_t first_port = next_port;
    next_port += planned.size();
    FLATLAN_TRY(networks, underlay->attach(planned, first_port));
    const AgentMaker maker = agent_maker();
    // One after the other: so the blocks go to the nodes in the order of the lab file.
    for (std::size_t i = 0; i < planned.size(); ++i) {
        FLATLAN_TRY(node,
                    LabNode::create(planned[i], first_port + i, std::move(networks[i]), maker));
        FLATLAN_TRY_VOID(node->join(now()));
        if (const auto record = node->record()) FLATLAN_TRY_VOID(directory.put(*record));
        const std::unique_lock changing{mutex};
        nodes.emplace(planned[i].name, std::move(node));
    }
    FLATLAN_TRY_VOID(await_nodes(planned));
    return step({"nodes", planned.size(), planned.size()});
}

Result<void> World::State::add_pods(const std::vector<PlannedPod>& pods, const StepListener& step) {
    FLATLAN_TRY_VOID(step({"pods", 0, pods.size()}));
    FLATLAN_TRY_VOID(allocate_pods(pods));
    FLATLAN_TRY_VOID(create_pods(pods));
    return step({"pods", pods.size(), pods.size()});
}

/// One node after the other, which is quick and makes blocks predictable.
Result<void> World::State::allocate_pods(const std::vector<PlannedPod>& pods) {
    for (const auto& [name, names] : names_by_node(pods)) {
        FLATLAN_TRY_VOID(node(name).allocate(now(), names));
        if (const auto record = node(name).record()) FLATLAN_TRY_VOID(directory.put(*record));
    }
    return success();
}

Result<void> World::State::create_pods(const std::vector<PlannedPod>& pods) {
    std::vector<LabNode*> touched;
    for (const auto& [name, names] : names_by_node(pods))
        touched.push_back(&node(name));
    return for_each_in_parallel(touched.size(),
                                [&](std::size_t i) { return touched[i]->create_allocated_pods(); });
}

Result<void> World::State::reconcile(const StepListener& step) {
    std::vector<LabNode*> all;
    for (const auto& [name, node] : nodes)
        all.push_back(node.get());
    FLATLAN_TRY_VOID(step({"tunnel", 0, all.size()}));
    FLATLAN_TRY_VOID(for_each_in_parallel(
        all.size(), [&](std::size_t i) { return all[i]->reconcile(directory); }));
    FLATLAN_TRY_VOID(for_each_in_parallel(
        all.size(), [&](std::size_t i) { return all[i]->try_offloads(directory); }));
    FLATLAN_TRY_VOID(await_ways());
    return step({"tunnel", all.size(), all.size()});
}

Result<void> World::State::remove_pods(const std::vector<PlannedPod>& pods) {
    for (const auto& [name, names] : names_by_node(pods))
        if (nodes.contains(name)) FLATLAN_TRY_VOID(node(name).remove_pods(now(), names));
    return success();
}

Result<ApplyReport> World::State::carry_out(const LabChange& change) {
    const StepListener unheard = [](const Progress&) -> Result<void> { return success(); };
    Undo take_back{[&] {
        // What cannot be taken back stays visible in `ps`; the Error that led here is what is told.
        static_cast<void>(remove_pods(change.pods_added));
        static_cast<void>(remove_nodes(change.nodes_added));
        static_cast<void>(reconcile(unheard));
    }};
    if (!change.nodes_added.empty()) FLATLAN_TRY_VOID(add_nodes(change.nodes_added, unheard));
    FLATLAN_TRY_VOID(add_pods(change.pods_added, unheard));
    take_back.disarm();
    FLATLAN_TRY_VOID(remove_pods(change.pods_removed));
    FLATLAN_TRY_VOID(remove_nodes(change.nodes_removed));
    FLATLAN_TRY_VOID(reconcile(unheard));
    FLATLAN_TRY_VOID(take_back_blocks(change.nodes_removed));
    return ApplyReport{change.nodes_added.size(), change.nodes_removed.size(),
                       change.pods_added.size(), change.pods_removed.size()};
}

World::World(LabSpec spec, std::optional<AgentPrograms> programs, pod::ContainerPlaces places)
    : state_{std::make_unique<State>(std::move(spec), std::move(programs), std::move(places))} {}
World::~World() {
    state_->upkeep.reset();  // it works on the rest
    state_->running_engine = nullptr;
    state_->engine.reset();
}

Result<void> World::build(const LabPlan& plan, ChangeQueue::Turn& turn, const StepListener& step) {
    {
        const std::unique_lock changing{state_->mutex};
        state_->plan = plan;
    }
    std::unique_lock working{state_->work};
    FLATLAN_TRY_VOID(state_->prepare_containers(state_->spec));
    FLATLAN_TRY(underlay, create_underlay(state_->spec));
    state_->underlay = std::move(underlay);
    FLATLAN_TRY_VOID(state_->start_registry());
    FLATLAN_TRY_VOID(state_->add_nodes(plan.nodes, step));
    FLATLAN_TRY_VOID(state_->add_pods(plan.pods, step));
    FLATLAN_TRY_VOID(state_->reconcile(step));
    FLATLAN_TRY_VOID(state_->start_upkeep());
    working.unlock();  // containers take their time
    FLATLAN_TRY(started, state_->launch_containers(state_->spec, plan.pods));
    const std::size_t count = started.size();
    if (count > 0) FLATLAN_TRY_VOID(step({"containers", 0, count}));
    FLATLAN_TRY_VOID(state_->settle(started, turn));
    if (count > 0) FLATLAN_TRY_VOID(step({"containers", count, count}));
    const std::unique_lock changing{state_->mutex};
    state_->phase = Phase::running;
    return success();
}

Result<void> World::set_upkeep(bool on) {
    if (state_->agents)
        return Error{ErrorCode::unsupported,
                     "in this lab each node's own daemon keeps its tunnel right"}
            .expecting("to end it: flatlan exec node/NAME -- pkill -F /run/flatland.pid");
    if (!on) {
        const std::unique_ptr<Upkeep> ended = std::exchange(state_->upkeep, nullptr);
        const std::unique_lock changing{state_->mutex};
        state_->kept = false;
        return success();
    }
    const std::lock_guard working{state_->work};
    if (state_->upkeep) return success();
    for (const auto& [name, node] : state_->nodes)
        FLATLAN_TRY_VOID(node->repair(state_->directory));
    FLATLAN_TRY_VOID(state_->start_upkeep());
    const std::unique_lock changing{state_->mutex};
    state_->kept = true;
    return success();
}

Result<void> World::repair(const NodeName& node) {
    const std::lock_guard working{state_->work};
    const auto at = state_->nodes.find(node);
    if (at == state_->nodes.end())
        return Error{ErrorCode::not_found, "no node '" + node.text() + "' in this lab"};
    return at->second->repair(state_->directory);
}

Result<void> World::tear_down() {
    {
        const std::unique_lock changing{state_->mutex};
        state_->phase = Phase::terminating;
    }
    state_->upkeep.reset();  // before the lock is taken for which it may wait
    if (state_->engine) state_->engine->kill_all();
    const std::lock_guard working{state_->work};
    std::vector<LabNode*> all;
    for (const auto& [name, node] : state_->nodes)
        all.push_back(node.get());
    // Before the first device goes: the kernel tells of each of its entries, to all who listen.
    for (LabNode* const node : all)
        node->unwatch();
    FLATLAN_TRY_VOID(for_each_on_threads(kRemovalThreads, all.size(),
                                         [&](std::size_t i) { return all[i]->remove_devices(); }));
    if (state_->etcd && !state_->etcd->is_stopped()) FLATLAN_TRY_VOID(state_->etcd->stop());
    return state_->underlay->detach_all();
}

LabStatus World::status() const { return state_->status(nullptr); }

LabStatus World::status_with_daemons() const {
    LabStatus status = state_->status(nullptr);
    state_->show_daemons(status);
    return status;
}

LabStatus World::status_with_peers() const {
    LabStatus status = [&] {
        // The directory holds still for who changes nodes.
        const std::lock_guard working{state_->work};
        return state_->status(&state_->directory);
    }();
    state_->show_daemons(status);
    return status;
}

LabStatus World::State::status(const control::Directory* peers) const {
    const std::shared_lock reading{mutex};
    LabStatus status{.lab = spec.name, .state = phase};
    status.vni = settings.vni;
    status.tunnel_port = settings.port;
    status.upkeep = kept;
    if (etcd) status.registry = etcd->status();
    if (phase == Phase::running) status.underlay_fd = underlay->network().fd();
    status.notes = container_notes();
    // In the order of the lab file, as people wrote it; what an apply is about to add comes last.
    for (const PlannedNode& planned : plan.nodes)
        if (const auto at = nodes.find(planned.name); at != nodes.end())
            status.nodes.push_back(at->second->status(peers));
    std::map<PodName, PodStatus> pods;
    for (const auto& [name, node] : nodes)
        for (PodStatus& pod : node->pod_statuses()) {
            show_containers(pod);
            pods.emplace(pod.name, std::move(pod));
        }
    for (const PlannedPod& planned : plan.pods)
        if (auto pod = pods.extract(planned.name)) status.pods.push_back(std::move(pod.mapped()));
    for (auto& [name, pod] : pods)
        status.pods.push_back(std::move(pod));
    return status;
}

Result<SandboxDescriptors> World::descriptors_of(const PodName& pod) {
    const std::shared_lock reading{state_->mutex};
    for (const auto& [name, node] : state_->nodes)
        if (auto found = node->descriptors_of(pod)) return std::move(*found);
    return Error{ErrorCode::not_found, "no pod '" + to_string(pod) + "' in this lab"};
}

Result<SandboxDescriptors> World::descriptors_of(const NodeName& node) {
    const std::shared_lock reading{state_->mutex};
    if (state_->etcd && state_->etcd->plan().name == node) return state_->etcd->descriptors();
    FLATLAN_TRY(found, state_->find_node(node));
    return found->descriptors();
}

Result<SandboxDescriptors> World::descriptors_of_underlay() {
    const std::unique_lock making{state_->mutex};
    if (state_->phase != Phase::running)
        return Error{ErrorCode::unavailable, "the lab does not run yet"};
    return state_->underlay_identity.descriptors(state_->underlay->network());
}

}  // namespace flatlan::lab
