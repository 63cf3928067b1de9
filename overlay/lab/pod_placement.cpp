#include "overlay/lab/pod_placement.hpp"

#include <functional>
#include <queue>
#include <unordered_map>
#include <utility>

namespace flatlan::lab {
namespace {

using NodeIndex = std::size_t;

std::unordered_map<NodeName, NodeIndex> index_nodes(const LabSpec& spec) {
    std::unordered_map<NodeName, NodeIndex> indices;
    indices.reserve(spec.nodes.size());
    for (NodeIndex i = 0; i < spec.nodes.size(); ++i)
        indices.emplace(spec.nodes[i].name, i);
    return indices;
}

/// For each pod the node that it is bound to, by the file or because it runs there.
std::vector<std::optional<NodeIndex>> bound_nodes(const LabSpec& spec, const LabPlan& running) {
    const auto indices = index_nodes(spec);
    std::unordered_map<PodName, const NodeName*> running_on;
    running_on.reserve(running.pods.size());
    for (const PlannedPod& pod : running.pods)
        running_on.emplace(pod.name, &pod.node);

    std::vector<std::optional<NodeIndex>> bound(spec.pods.size());
    for (std::size_t i = 0; i < spec.pods.size(); ++i) {
        const PodSpec& pod = spec.pods[i];
        if (pod.node) {
            const auto named = indices.find(*pod.node);
            FLATLAN_CHECK(named != indices.end());
            bound[i] = named->second;
        } else if (const auto there = running_on.find(pod.name); there != running_on.end()) {
            if (const auto node = indices.find(*there->second); node != indices.end())
                bound[i] = node->second;
        }
    }
    return bound;
}

}  // namespace

std::vector<PlannedPod> place_pods(const LabSpec& spec, const LabPlan& running) {
    FLATLAN_CHECK(!spec.nodes.empty());
    const auto bound = bound_nodes(spec, running);

    std::vector<std::size_t> pods_on(spec.nodes.size(), 0);
    for (const auto& node : bound)
        if (node) ++pods_on[*node];

    using Load = std::pair<std::size_t, NodeIndex>;  // the fewest pods first, then the file's order
    std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
    for (NodeIndex node = 0; node < pods_on.size(); ++node)
        loads.emplace(pods_on[node], node);

    std::vector<PlannedPod> placed;
    placed.reserve(spec.pods.size());
    for (std::size_t i = 0; i < spec.pods.size(); ++i) {
        NodeIndex node = 0;
        if (bound[i]) {
            node = *bound[i];
        } else {
            const auto [pods, least] = loads.top();
            loads.pop();
            loads.emplace(pods + 1, least);
            node = least;
        }
        placed.push_back({spec.pods[i].name, spec.nodes[node].name});
    }
    return placed;
}

}  // namespace flatlan::lab
