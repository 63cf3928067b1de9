#include <algorithm>
#include <map>

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

}  // namespace

Result<ApplyReport> World::apply(const LabSpec& wanted) { return state_->become(wanted); }

Result<ScaleReport> World::scale(const ScaleRequest& request) {
    FLATLAN_TRY(before, replicas_of(state_->spec, request));
    FLATLAN_TRY(wanted, scaled(state_->spec, request));
    FLATLAN_TRY(report, state_->become(wanted));
    return ScaleReport{before, report};
}

/// Pods of their own are exchanged at once, those of a workload one share after the other.
Result<ApplyReport> World::State::become(const LabSpec& wanted) {
    FLATLAN_TRY_VOID(can_become(spec, wanted));
    FLATLAN_TRY(wanted_plan, plan_lab(wanted, plan));
    FLATLAN_TRY(change, change_between(plan, wanted_plan));
    FLATLAN_TRY_VOID(prepare_containers(wanted));
    std::vector<PlannedPod> at_once;
    std::vector<PlannedPod> in_turn;
    const auto workloads = workloads_by_pod(wanted);
    for (PlannedPod& pod : changed_pods(wanted, wanted_plan))
        (workloads.contains(pod.name) ? in_turn : at_once).push_back(std::move(pod));
    FLATLAN_TRY(report, change_pods(change, at_once));
    {
        const std::unique_lock changing{mutex};
        spec = wanted;
        plan = std::move(wanted_plan);
    }
    FLATLAN_TRY_VOID(launch_containers(spec, plan.pods, {}));
    FLATLAN_TRY_VOID(roll_out(in_turn));
    report.pods_changed = at_once.size() + in_turn.size();
    report.notes = container_notes();
    for (std::string& note : agent_notes())
        report.notes.push_back(std::move(note));
    return report;
}

/// As a Deployment does it, but that each pod keeps its name and address: a share of the pods is
/// exchanged when those before are ready. When they do not become so, the others stay what they
/// are, and the next `apply` goes on.
Result<void> World::State::roll_out(std::span<const PlannedPod> changed) {
    const auto workloads = workloads_by_pod(spec);
    std::map<std::size_t, std::vector<PlannedPod>> by_workload;
    for (const PlannedPod& pod : changed)
        by_workload[workloads.at(pod.name)].push_back(pod);
    for (const auto& [number, pods] : by_workload) {
        const WorkloadSpec& workload = spec.workloads[number];
        const std::size_t share = std::max<std::size_t>(workload.replicas / kRolloutShare, 1);
        for (std::size_t begin = 0; begin < pods.size(); begin += share) {
            const auto turn = std::span{pods}.subspan(begin, std::min(share, pods.size() - begin));
            stop_containers(turn);
            FLATLAN_TRY_VOID(launch_containers(spec, turn, {}));
            std::vector<PodName> names;
            if (workload.contents)
                for (const PlannedPod& pod : turn)
                    names.push_back(pod.name);
            if (const auto late = engine->wait_until_ready(names, kReadyTimeMax))
                return Error{ErrorCode::unavailable,
                             "the rollout of " + to_string(workload) + " has stopped: pod '" +
                                 to_short_string(*late) + "' is not ready after " +
                                 std::to_string(kReadyTimeMax.count()) + " s, and " +
                                 std::to_string(pods.size() - begin - turn.size()) +
                                 " pods still run what they did"}
                    .expecting("its log and 'flatlan ps' to say why; then apply again");
        }
    }
    return success();
}

/// A pod is bound to its node for life. Those of a workload are replaced: by pods of the same names
/// on other nodes, with new addresses. Where no other node runs, they wait for theirs.
Result<void> World::State::move_replicas_off(const NodeName& from) {
    if (!emptiest_node(from)) return success();
    const auto workloads = workloads_by_pod(spec);
    std::vector<PodName> names;
    for (const PlannedPod& pod : plan.pods) {
        const auto of = workloads.find(pod.name);
        const bool bound = of != workloads.end() && spec.workloads[of->second].node.has_value();
        if (pod.node == from && of != workloads.end() && !bound) names.push_back(pod.name);
    }
    FLATLAN_TRY_VOID(node(from).remove_pods(now(), names));
    std::vector<PlannedPod> moved;
    for (const PodName& name : names) {
        const std::unique_lock changing{mutex};
        const auto at = std::find_if(plan.pods.begin(), plan.pods.end(),
                                     [&](const PlannedPod& each) { return each.name == name; });
        at->node = *emptiest_node(from);
        moved.push_back(*at);
    }
    const StepListener unheard = [](const Progress&) -> Result<void> { return success(); };
    FLATLAN_TRY_VOID(add_pods(moved, unheard));
    return reconcile(unheard);
}

/// Of the nodes that run, the first one with the fewest pods.
std::optional<NodeName> World::State::emptiest_node(const NodeName& other_than) const {
    std::map<NodeName, std::size_t> pods_on;
    for (const PlannedPod& pod : plan.pods)
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
