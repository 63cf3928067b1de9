#pragma once

#include <string>

#include "overlay/lab/lab_spec.hpp"

namespace flatlan::lab {

/// A workload of a lab and how many pods it is to have.
struct ScaleRequest {
    std::string kind;  ///< "deployment", "replicaset"
    std::string pod_namespace{PodName::kDefaultNamespace};
    std::string name;
    std::size_t replicas = 0;
};

/// "deployment/web"; with its namespace in front where that is not the default one.
std::string to_string(const WorkloadSpec& workload);

/// The pod of this number, from 1 on, of the workload that is `index` in LabSpec::workloads. Error
/// when its name is too long for a pod.
Result<PodSpec> replica_of(const WorkloadSpec& workload, std::size_t index, std::size_t number);

/// The spec with another number of one workload's pods: those that go are the last ones. Errors:
/// not_found with the workloads that there are; invalid_argument for more pods than a lab may have,
/// or when a new one would have another pod's name.
Result<LabSpec> scaled(const LabSpec& spec, const ScaleRequest& request);

/// How many pods a workload has.
Result<std::size_t> replicas_of(const LabSpec& spec, const ScaleRequest& request);

}  // namespace flatlan::lab
