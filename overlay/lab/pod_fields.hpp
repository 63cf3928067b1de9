#pragma once

#include "overlay/lab/manifest_reader.hpp"
#include "overlay/pod/lifecycle/pod_template.hpp"

namespace flatlan::lab {

/// Reads what runs in a pod from its spec; empty for one without containers. `pod_namespace` is
/// where its ConfigMaps are looked for. Errors name the field: a name given twice, a volume that is
/// not declared, a port given twice in one container.
Result<std::optional<pod::PodTemplate>> read_pod_template(ManifestReader& reader,
                                                          const YamlField& spec,
                                                          const std::string& pod_namespace);

/// One entry of spec.containers, or of spec.initContainers.
Result<pod::ContainerSpec> read_container(ManifestReader& reader, const YamlField& container,
                                          const std::string& pod_namespace, bool init);
/// Its livenessProbe, readinessProbe or startupProbe.
Result<pod::Probe> read_probe(ManifestReader& reader, const YamlField& probe,
                              const YamlField& container);
/// One entry of spec.volumes.
Result<pod::Volume> read_volume(ManifestReader& reader, const YamlField& volume,
                                const std::string& pod_namespace);

/// A required name that is a DNS label.
Result<std::string> read_label(const YamlField& mapping);
/// The ConfigMap that `reference` names; none when it is optional and not there.
Result<std::optional<ConfigMapData>> find_config_map(const ManifestReader& reader,
                                                     const YamlField& reference,
                                                     const std::string& pod_namespace);

}  // namespace flatlan::lab
