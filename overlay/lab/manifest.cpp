#include "overlay/lab/manifest.hpp"

#include <algorithm>
#include <array>

#include "overlay/base/text.hpp"
#include "overlay/lab/pod_fields.hpp"
#include "overlay/lab/workload.hpp"

namespace flatlan::lab {
namespace {

constexpr std::size_t kReplicasDefault = 1;  // Kubernetes', for a Deployment that names none

Result<std::string> read_name(const YamlField& metadata) {
    FLATLAN_TRY(field, metadata.get("name"));
    FLATLAN_TRY(text, field.text());
    return std::string{text};
}

Result<std::string> read_namespace(const YamlField& metadata) {
    const auto field = metadata.find_set("namespace");
    if (!field) return std::string{PodName::kDefaultNamespace};
    FLATLAN_TRY(text, field->text());
    return std::string{text};
}

/// metadata.name and metadata.namespace; both must be DNS labels.
Result<PodName> read_pod_name(ManifestReader& manifest, std::string_view suffix) {
    FLATLAN_TRY(metadata, manifest.root.get("metadata"));
    FLATLAN_TRY_VOID(metadata.is_mapping());
    FLATLAN_TRY(name, read_name(metadata));
    FLATLAN_TRY(pod_namespace, read_namespace(metadata));
    manifest.title = manifest.title + " " + quoted(name);
    auto pod = PodName::from(pod_namespace, name + std::string{suffix});
    if (!pod) return std::move(pod).error().at(to_string(metadata.find("name")->place()));
    manifest.note_unused(metadata,
                         {"name", "namespace", "labels", "annotations", "creationTimestamp"});
    return pod;
}

/// What a pod's spec says: the node that it is bound to, and what runs in it.
struct ReadPod {
    std::optional<NodeName> node{};
    std::optional<std::size_t> contents{};  ///< index into Manifests::templates
};

Result<ReadPod> read_pod_spec(ManifestReader& manifest, const YamlField& spec,
                              const std::string& pod_namespace) {
    FLATLAN_TRY_VOID(spec.is_mapping());
    manifest.note_unused(spec, {"nodeName", "hostNetwork", "containers", "initContainers",
                                "volumes", "restartPolicy", "hostname", "shareProcessNamespace",
                                "terminationGracePeriodSeconds"});
    if (const auto shared = spec.find_set("hostNetwork"))
        FLATLAN_TRY_VOID(shared->word({"false"}, {"true"}));
    ReadPod pod;
    FLATLAN_TRY(contents, read_pod_template(manifest, spec, pod_namespace));
    if (contents) {
        pod.contents = manifest.into.templates.size();
        manifest.into.templates.push_back(std::move(*contents));
    }
    const auto field = spec.find_set("nodeName");
    if (!field) return pod;
    FLATLAN_TRY(text, field->text());
    auto node = NodeName::from(text);
    if (!node) return std::move(node).error().at(to_string(field->place()));
    pod.node = std::move(node).value();
    return pod;
}

/// A controller finds its pods by their labels: a template without them would be nobody's.
Result<void> check_selector(const YamlField& spec, const YamlField& pod) {
    const YamlField wanted = spec.find_or_empty("selector").find_or_empty("matchLabels");
    FLATLAN_TRY_VOID(wanted.is_mapping());
    const YamlField labels = pod.find_or_empty("metadata").find_or_empty("labels");
    for (const YamlEntry& entry : wanted.node().entries) {
        const YamlNode* label = labels.node().find(entry.key);
        if (label != nullptr && label->text == entry.value.text) continue;
        return wanted.find(entry.key)
            ->error("is " + quoted(entry.value.text) + ", which the template's labels are not")
            .expecting("the same label in spec.template.metadata.labels");
    }
    return success();
}

Error too_many_pods(const YamlField& at) {
    return Error{ErrorCode::invalid_argument, "the file has too many pods"}
        .at(to_string(at.place()))
        .expecting("at most " + std::to_string(kPodsMax));
}

void warn_of_unused(ManifestReader& manifest) {
    if (!manifest.unused.empty())
        manifest.warn("without effect in this version: " + join_words(manifest.unused));
}

Result<void> read_pod(ManifestReader& manifest) {
    FLATLAN_TRY(name, read_pod_name(manifest, {}));
    FLATLAN_TRY(pod,
                read_pod_spec(manifest, manifest.root.find_or_empty("spec"), name.pod_namespace()));
    if (manifest.into.pods.size() == kPodsMax) return too_many_pods(manifest.root);
    manifest.into.pods.push_back({name, pod.node, manifest.root.place(), pod.contents});
    warn_of_unused(manifest);
    return success();
}

/// A Deployment or ReplicaSet: `replicas` times the pod of its template.
Result<void> read_replicated(ManifestReader& manifest) {
    const YamlField spec = manifest.root.find_or_empty("spec");
    FLATLAN_TRY_VOID(spec.is_mapping());
    std::uint64_t replicas = kReplicasDefault;
    const auto field = spec.find_set("replicas");
    if (field) {
        FLATLAN_TRY(number, field->number(0, kPodsMax));
        replicas = number;
    }
    const std::string suffix = "-" + std::to_string(replicas);
    FLATLAN_TRY(longest, read_pod_name(manifest, suffix));
    manifest.note_unused(spec, {"replicas", "selector", "template"});
    FLATLAN_TRY(pod_template, spec.get("template"));
    FLATLAN_TRY_VOID(pod_template.is_mapping());
    FLATLAN_TRY_VOID(check_selector(spec, pod_template));
    FLATLAN_TRY(
        pod, read_pod_spec(manifest, pod_template.find_or_empty("spec"), longest.pod_namespace()));
    if (manifest.into.pods.size() + replicas > kPodsMax) return too_many_pods(field.value_or(spec));

    std::string name = longest.name();
    name.resize(name.size() - suffix.size());
    const std::size_t number = manifest.into.workloads.size();
    manifest.into.workloads.push_back({.kind = manifest.kind,
                                       .pod_namespace = longest.pod_namespace(),
                                       .name = std::move(name),
                                       .replicas = replicas,
                                       .node = pod.node,
                                       .contents = pod.contents,
                                       .place = manifest.root.place()});
    for (std::size_t i = 1; i <= replicas; ++i)
        manifest.into.pods.push_back(
            replica_of(manifest.into.workloads.back(), number, i).value());  // the longest is right
    warn_of_unused(manifest);
    return success();
}

Result<void> read_list(const YamlField& root, Manifests& into) {
    FLATLAN_TRY(list, root.get("items"));
    FLATLAN_TRY(items, list.items());
    for (const YamlField& item : items)
        FLATLAN_TRY_VOID(read_manifest(item, into));
    return success();
}

/// Its files were taken before; what is left is to say what has no effect.
Result<void> note_config_map(ManifestReader& manifest) {
    manifest.title += " " + quoted(manifest.root.find("metadata")->find("name")->node().text);
    manifest.note_unused(manifest.root, {"apiVersion", "kind", "metadata", "data", "immutable"});
    warn_of_unused(manifest);
    return success();
}

Result<void> pass_over(ManifestReader& manifest) {
    const auto name = manifest.root.find_or_empty("metadata").find("name");
    if (name && name->node().kind == YamlNode::Kind::scalar)
        manifest.title += " " + quoted(name->node().text);
    manifest.warn("passed over: this version takes Pod, Deployment, ReplicaSet and ConfigMap");
    return success();
}

}  // namespace

Result<void> read_manifest(const YamlField& root, Manifests& into) {
    struct Reader {
        std::string_view kind, version;
        Result<void> (*read)(ManifestReader&);
    };
    static constexpr std::array<Reader, 4> kReaders{{{"Pod", "v1", read_pod},
                                                     {"ConfigMap", "v1", note_config_map},
                                                     {"Deployment", "apps/v1", read_replicated},
                                                     {"ReplicaSet", "apps/v1", read_replicated}}};
    FLATLAN_TRY_VOID(root.is_mapping());
    const auto kind_field = root.find("kind");
    if (!kind_field)
        return root.error("has no kind").expecting("Lab, Pod, Deployment, ReplicaSet or List");
    FLATLAN_TRY(kind, kind_field->text());
    FLATLAN_TRY(version, root.get("apiVersion"));
    FLATLAN_TRY_VOID(version.text());
    if (kind == "List") return read_list(root, into);
    ManifestReader manifest{root, std::string{kind}, std::string{kind}, into};
    for (const Reader& reader : kReaders)
        if (reader.kind == kind) {
            FLATLAN_TRY_VOID(version.word({reader.version}, {}));
            return reader.read(manifest);
        }
    return pass_over(manifest);
}

}  // namespace flatlan::lab
