#include <algorithm>
#include <map>

#include "overlay/base/undo.hpp"
#include "overlay/lab/workload.hpp"
#include "overlay/lab/world_state.hpp"

namespace flatlan::lab {
namespace {

/// One in so many of a workload's pods is exchanged at a time: Kubernetes' maxUnavailable of 25 %.
constexpr std::size_t kRolloutShare = 4;
/// How long the pods that were exchanged may take to be ready before the others are let be.
constexpr std::chrono::seconds kReadyTimeMax{60};

/// For each pod the workload that it is of.
std::map<PodName, std::size_t> workloads_by_pod(const LabSpec& spec) {
    std::map<PodName, std::size_t> workloads;
    for (const PodSpec& pod : spec.pods)
        if (pod.workload) workloads.emplace(pod.name, *pod.workload);
    return workloads;
}

Error has_stopped(const WorkloadSpec& workload, const PodName& late, std::size_t outdated) {
    return Error{ErrorCode::unavailable,
                 "the rollout of " + to_string(workload) + " has stopped: pod '" +
                     to_short_string(late) + "' is not ready after " +
                     std::to_string(kReadyTimeMax.count()) + " s, and " + std::to_string(outdated) +
                     " pods still run what they did"}
        .expecting("its log and 'flatlan ps' to say why; then apply again");
}

Error taken_over() {
    return Error{ErrorCode::conflict,
                 "another apply came before the rollout was through, and goes on with it"};
}

}  // namespace

Result<ApplyReport> World::apply(const LabSpec& wanted, ChangeQueue::Turn& turn) {
    const std::uint64_t own = ++state_->rollouts;
    FLATLAN_TRY(change, state_->become(wanted, turn));
    if (change.in_turn > 0) FLATLAN_TRY_VOID(state_->roll_out(own, turn));
    change.report.pods_changed += change.in_turn;
    change.report.notes = state_->change_notes();
    return std::move(change.report);
}

Result<ScaleReport> World::scale(const ScaleRequest& request, ChangeQueue::Turn& turn) {
    FLATLAN_TRY(before, replicas_of(state_->spec, request));
    FLATLAN_TRY(wanted, scaled(state_->spec, request));
    FLATLAN_TRY(change, state_->become(wanted, turn));
    change.report.notes = state_->change_notes();
    return ScaleReport{before, std::move(change.report)};
}

std::vector<std::string> World::State::change_notes() const {
    std::vector<std::string> notes = container_notes();
    for (std::string& note : agent_notes())
        notes.push_back(std::move(note));
    return notes;
}

/// Pods of their own are exchanged at once; those of a workload wait for `roll_out`.
Result<World::State::Change> World::State::become(const LabSpec& wanted, ChangeQueue::Turn& turn) {
    FLATLAN_TRY_VOID(can_become(spec, wanted));
    FLATLAN_TRY(wanted_plan, plan_lab(wanted, plan));
    FLATLAN_TRY(change, change_between(plan, wanted_plan));
    FLATLAN_TRY_VOID(prepare_containers(wanted));
    // Where no runtime works, that is to be known before anything changes.
    if (!wanted.templates.empty()) FLATLAN_TRY_VOID(engine->wait_until_ready());
    std::vector<PlannedPod> at_once;
    std::size_t in_turn = 0;
    const auto workloads = workloads_by_pod(wanted);
    for (PlannedPod& pod : changed_pods(wanted, wanted_plan)) {
        if (workloads.contains(pod.name))
            ++in_turn;
        else
            at_once.push_back(std::move(pod));
    }
    FLATLAN_TRY(report, change_pods(change, at_once));
    {
        const std::unique_lock changing{mutex};
        spec = wanted;
        plan = std::move(wanted_plan);
    }
    FLATLAN_TRY_VOID(relaunch(turn));
    report.pods_changed = at_once.size();
    return Change{std::move(report), in_turn};
}

/// As a Deployment does it, but that each pod keeps its name and address. When the pods that were
/// exchanged do not become ready, the others stay what they are, and the next `apply` goes on.
Result<void> World::State::roll_out(std::uint64_t own, ChangeQueue::Turn& turn) {
    for (std::size_t i = 0; i < spec.workloads.size(); ++i) {
        if (rollouts != own) return taken_over();
        if (!outdated_pods(i).empty()) FLATLAN_TRY_VOID(exchange(i, own, turn));
    }
    return success();
}

/// Of its pods a share at most is not ready because of it; others may change the lab while they are
/// waited for.
Result<void> World::State::exchange(std::size_t workload, std::uint64_t own,
                                    ChangeQueue::Turn& turn) {
    Instant late_at = now() + kReadyTimeMax;
    for (;;) {
        std::vector<PlannedPod> outdated = outdated_pods(workload);
        const std::vector<PodName> unready = unready_pods(workload, outdated);
        if (outdated.empty() && unready.empty()) return success();
        const WorkloadSpec& of = spec.workloads[workload];
        const std::size_t share = std::max<std::size_t>(of.replicas / kRolloutShare, 1);
        if (!outdated.empty() && unready.size() < share) {
            outdated.erase(outdated.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                  outdated.size(), share - unready.size())),
                           outdated.end());
            stop_containers(outdated);
            FLATLAN_TRY_VOID(launch_containers(spec, outdated));
            late_at = now() + kReadyTimeMax;
            continue;
        }
        if (now() >= late_at) return has_stopped(of, unready.front(), outdated.size());
        FLATLAN_TRY_VOID(turn.step_aside([&] {
            engine->wait_until_ready(unready, std::max(late_at - now(), Duration{0}),
                                     [&] { return rollouts != own; });
        }));
        if (rollouts != own) return taken_over();
    }
}

/// Pods of a workload that run something else than they should, first those that are not ready.
/// Those of a node that is off will run the right thing when it is on.
std::vector<PlannedPod> World::State::outdated_pods(std::size_t workload) const {
    const auto workloads = workloads_by_pod(spec);
    std::vector<PlannedPod> outdated = changed_pods(spec, plan);
    std::erase_if(outdated, [&](const PlannedPod& pod) {
        const auto of = workloads.find(pod.name);
        return of == workloads.end() || of->second != workload || nodes.at(pod.node)->is_stopped();
    });
    std::stable_partition(outdated.begin(), outdated.end(),
                          [&](const PlannedPod& pod) { return engine->is_unready(pod.name); });
    return outdated;
}

std::vector<PodName> World::State::unready_pods(std::size_t workload,
                                                std::span<const PlannedPod> other_than) const {
    std::vector<PodName> unready;
    for (const PodSpec& pod : spec.pods) {
        const bool other =
            std::any_of(other_than.begin(), other_than.end(),
                        [&](const PlannedPod& each) { return each.name == pod.name; });
        if (pod.workload == workload && !other && engine->is_unready(pod.name))
            unready.push_back(pod.name);
    }
    return unready;
}

/// A pod is bound to its node for life. Those of a workload are replaced: by pods of the same names
/// on other nodes, with new addresses. Where no other node runs, they wait for theirs.
Result<void> World::State::move_replicas_off(const NodeName& from) {
    std::vector<PlannedPod> after = plan.pods;
    const std::vector<PlannedPod> moved = choose_other_nodes(from, after);
    // Addresses first: where there is none for all, everything stays as it is.
    Undo give_back{[&] {
        // What cannot be given back is a lease that nobody uses, as `flatlan ipam check` shows.
        static_cast<void>(remove_pods(moved));
    }};
    if (auto placed = allocate_pods(moved); !placed)
        return std::move(placed).error().within("place the replicas of node '" + from.text() +
                                                "' on others");
    give_back.disarm();
    kill_containers_of(from);
    std::vector<PodName> names;
    for (const PlannedPod& pod : moved)
        names.push_back(pod.name);
    FLATLAN_TRY_VOID(node(from).remove_pods(now(), names));
    {
        const std::unique_lock changing{mutex};
        plan.pods = std::move(after);
    }
    if (moved.empty()) return success();
    FLATLAN_TRY_VOID(create_pods(moved));
    return reconcile([](const Progress&) -> Result<void> { return success(); });
}

/// Writes other nodes to the replicas among `pods` that are on `from` and bound to no node, as far
/// as others run; returns those.
std::vector<PlannedPod> World::State::choose_other_nodes(const NodeName& from,
                                                         std::vector<PlannedPod>& pods) const {
    const auto workloads = workloads_by_pod(spec);
    std::vector<PlannedPod> moved;
    for (PlannedPod& pod : pods) {
        const auto of = workloads.find(pod.name);
        if (pod.node != from || of == workloads.end() || spec.workloads[of->second].node) continue;
        const auto other = emptiest_node(pods, from);
        if (!other) break;
        pod.node = *other;
        moved.push_back(pod);
    }
    return moved;
}

/// Of the nodes that run, the first one with the fewest of the pods.
std::optional<NodeName> World::State::emptiest_node(std::span<const PlannedPod> pods,
                                                    const NodeName& other_than) const {
    std::map<NodeName, std::size_t> pods_on;
    for (const PlannedPod& pod : pods)
        ++pods_on[pod.node];
    std::optional<NodeName> best;
    for (const PlannedNode& planned : plan.nodes) {
        const auto at = nodes.find(planned.name);
        if (at == nodes.end() || at->second->is_stopped() || planned.name == other_than) continue;
        if (!best || pods_on[planned.name] < pods_on[*best]) best = planned.name;
    }
    return best;
}

}  // namespace flatlan::lab
