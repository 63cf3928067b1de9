#include "overlay/lab/lab_change.hpp"

#include <map>
#include <set>

namespace flatlan::lab {
namespace {

Error cannot_change(const std::string& what) {
    return Error{ErrorCode::invalid_argument, what + " cannot change while the lab runs"}.expecting(
        "flatlan down, then flatlan up with the changed file");
}

}  // namespace

Result<LabChange> change_between(const LabPlan& running, const LabPlan& wanted) {
    std::map<NodeName, const PlannedNode*> nodes;
    for (const PlannedNode& node : running.nodes)
        nodes.emplace(node.name, &node);
    LabChange change;
    for (const PlannedNode& node : wanted.nodes) {
        const auto before = nodes.extract(node.name);
        if (before.empty())
            change.nodes_added.push_back(node);
        else if (before.mapped()->underlay != node.underlay)
            return cannot_change("the underlay address of node '" + node.name.text() + "'");
        else if (before.mapped()->backend != node.backend)
            return cannot_change("the backend of node '" + node.name.text() + "'");
    }
    for (const auto& [name, node] : nodes)
        change.nodes_removed.push_back(*node);

    std::map<PodName, const PlannedPod*> pods;
    for (const PlannedPod& pod : running.pods)
        pods.emplace(pod.name, &pod);
    for (const PlannedPod& pod : wanted.pods) {
        const auto before = pods.find(pod.name);
        if (before != pods.end() && before->second->node == pod.node)
            pods.erase(before);  // stays
        else
            change.pods_added.push_back(pod);
    }
    for (const auto& [name, pod] : pods)
        change.pods_removed.push_back(*pod);
    return change;
}

Result<void> can_become(const LabSpec& running, const LabSpec& wanted) {
    if (running.name != wanted.name) return cannot_change("metadata.name");
    if (running.pod_cidrs != wanted.pod_cidrs) return cannot_change("spec.podCIDRs");
    if (running.block_length_ipv4 != wanted.block_length_ipv4 ||
        running.block_length_ipv6 != wanted.block_length_ipv6)
        return cannot_change("spec.blockSize");
    if (running.underlay_cidrs != wanted.underlay_cidrs ||
        running.underlay_mtu != wanted.underlay_mtu || running.topology != wanted.topology)
        return cannot_change("spec.underlay");
    if (running.backend != wanted.backend || running.vni != wanted.vni ||
        running.port != wanted.port)
        return cannot_change("spec.tunnel");
    if (running.agents != wanted.agents) return cannot_change("spec.agents");
    return success();
}

}  // namespace flatlan::lab
