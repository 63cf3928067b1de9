#pragma once

#include <map>

#include "overlay/lab/lab_spec.hpp"
#include "overlay/lab/yaml_field.hpp"

namespace flatlan::lab {

/// The files of a ConfigMap, by key.
using ConfigMapData = std::map<std::string, std::string>;

/// What a file's Kubernetes documents say.
struct Manifests {
    /// By NAMESPACE/NAME. They may stand behind the pods that use them, so they are read first.
    std::map<std::string, ConfigMapData> config_maps;
    std::vector<pod::PodTemplate> templates;  ///< what runs in the pods, by number
    std::vector<WorkloadSpec> workloads;
    std::vector<PodSpec> pods;
    std::vector<std::string> warnings;  ///< one sentence each, with its place
};

/// Reads one Kubernetes document: a Pod, a Deployment or ReplicaSet (whose pods are NAME-1, NAME-2
/// and so on), or a List of such. A warning names each field and kind that is passed over. What
/// would make another network of the lab (hostNetwork) is an error.
Result<void> read_manifest(const YamlField& root, Manifests& into);

/// Takes the ConfigMaps of a document of any kind; to be called for all documents before
/// `read_manifest` is for the first.
Result<void> read_config_maps(const YamlField& root, Manifests& into);

}  // namespace flatlan::lab
