#include "overlay/lab/workload.hpp"

#include <algorithm>
#include <unordered_set>

namespace flatlan::lab {
namespace {

std::string lower_case(std::string text) {
    for (char& letter : text)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return text;
}

Error no_such_workload(const LabSpec& spec, const ScaleRequest& request) {
    std::string known;
    for (const WorkloadSpec& workload : spec.workloads)
        known += (known.empty() ? "" : ", ") + to_string(workload);
    return Error{ErrorCode::not_found, "no " + request.kind + " '" + request.name +
                                           "' in namespace '" + request.pod_namespace +
                                           "' of this lab"}
        .expecting(known.empty() ? "a Deployment or ReplicaSet in the lab's file" : known);
}

Result<std::size_t> find_workload(const LabSpec& spec, const ScaleRequest& request) {
    const auto found =
        std::find_if(spec.workloads.begin(), spec.workloads.end(), [&](const WorkloadSpec& each) {
            return lower_case(each.kind) == request.kind &&
                   each.pod_namespace == request.pod_namespace && each.name == request.name;
        });
    if (found == spec.workloads.end()) return no_such_workload(spec, request);
    return static_cast<std::size_t>(found - spec.workloads.begin());
}

Error too_many(std::size_t others) {
    return Error{ErrorCode::invalid_argument, "a lab may have " + std::to_string(kPodsMax) +
                                                  " pods, and this one has " +
                                                  std::to_string(others) + " others"}
        .expecting("at most " + std::to_string(kPodsMax - others) + " replicas");
}

}  // namespace

std::string to_string(const WorkloadSpec& workload) {
    const bool usual = workload.pod_namespace == PodName::kDefaultNamespace;
    return (usual ? "" : workload.pod_namespace + "/") + lower_case(workload.kind) + "/" +
           workload.name;
}

Result<PodSpec> replica_of(const WorkloadSpec& workload, std::size_t index, std::size_t number) {
    FLATLAN_TRY(
        name, PodName::from(workload.pod_namespace, workload.name + "-" + std::to_string(number)));
    return PodSpec{name, workload.node, workload.place, workload.contents, index};
}

Result<std::size_t> replicas_of(const LabSpec& spec, const ScaleRequest& request) {
    FLATLAN_TRY(index, find_workload(spec, request));
    return spec.workloads[index].replicas;
}

Result<LabSpec> scaled(const LabSpec& spec, const ScaleRequest& request) {
    FLATLAN_TRY(index, find_workload(spec, request));
    LabSpec wanted = spec;
    WorkloadSpec& workload = wanted.workloads[index];
    const std::size_t before = workload.replicas;
    workload.replicas = request.replicas;
    if (spec.pods.size() - before + request.replicas > kPodsMax)
        return too_many(spec.pods.size() - before);
    std::size_t passed = 0;  // they stand in the order of their numbers
    std::erase_if(wanted.pods, [&](const PodSpec& pod) {
        return pod.workload == index && ++passed > request.replicas;
    });
    std::unordered_set<PodName> taken;
    for (const PodSpec& pod : wanted.pods)
        taken.insert(pod.name);
    for (std::size_t number = before + 1; number <= request.replicas; ++number) {
        FLATLAN_TRY(pod, replica_of(workload, index, number));
        if (taken.contains(pod.name))
            return Error{ErrorCode::invalid_argument,
                         "the lab has another pod named '" + to_short_string(pod.name) + "'"}
                .expecting("at most " + std::to_string(number - 1) + " replicas");
        wanted.pods.push_back(std::move(pod));
    }
    return wanted;
}

}  // namespace flatlan::lab
