#pragma once

#include "overlay/lab/lab_spec.hpp"
#include "overlay/lab/yaml_field.hpp"

namespace flatlan::lab {

/// What a file's Kubernetes documents say.
struct Manifests {
    std::vector<PodSpec> pods;
    std::vector<std::string> warnings;  ///< one sentence each, with its place
};

/// Reads one Kubernetes document: a Pod, a Deployment or ReplicaSet (whose pods are NAME-1, NAME-2
/// and so on), or a List of such. Containers are not run by this version: their pod is a sandbox,
/// and a warning says so, as it does for each other field and kind that is passed over. What would
/// make another network of the lab (hostNetwork) is an error.
Result<void> read_manifest(const YamlField& root, Manifests& into);

}  // namespace flatlan::lab
