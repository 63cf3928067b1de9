#include "overlay/lab/manifest.hpp"

#include <algorithm>
#include <array>

#include "overlay/base/text.hpp"

namespace flatlan::lab {
namespace {

using Words = std::initializer_list<std::string_view>;

constexpr std::size_t kReplicasDefault = 1;  // Kubernetes', for a Deployment that names none

/// One document on its way to pods.
struct Manifest {
    const YamlField& root;
    std::string title;  ///< "Pod 'web'"
    Manifests& into;
    std::vector<std::string> unused;  ///< paths of fields that have no effect

    void warn(const std::string& text) {
        into.warnings.push_back(to_string(root.place()) + ": " + title + ": " + text);
    }
};

/// Notes every key of the mapping that is not among those read, and the word meant where one of
/// those is near: "spec.nodName (nodeName?)".
void note_unused(Manifest& manifest, const YamlField& mapping, Words read) {
    for (const YamlEntry& entry : mapping.node().entries) {
        if (std::find(read.begin(), read.end(), entry.key) != read.end()) continue;
        const std::string key = quoted(mapping.path() + "." + entry.key);
        std::string path = key.substr(1, key.size() - 2);
        if (const auto meant = nearest_word(entry.key, {read.begin(), read.end()}))
            path += " (" + std::string{*meant} + "?)";
        manifest.unused.push_back(std::move(path));
    }
}

std::string join(const std::vector<std::string>& words) {
    std::string joined;
    for (const std::string& word : words)
        joined += (joined.empty() ? "" : ", ") + word;
    return joined;
}

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
Result<PodName> read_pod_name(Manifest& manifest, std::string_view suffix) {
    FLATLAN_TRY(metadata, manifest.root.get("metadata"));
    FLATLAN_TRY_VOID(metadata.is_mapping());
    FLATLAN_TRY(name, read_name(metadata));
    FLATLAN_TRY(pod_namespace, read_namespace(metadata));
    manifest.title = manifest.title + " " + quoted(name);
    auto pod = PodName::from(pod_namespace, name + std::string{suffix});
    if (!pod) return std::move(pod).error().at(to_string(metadata.find("name")->place()));
    note_unused(manifest, metadata,
                {"name", "namespace", "labels", "annotations", "creationTimestamp"});
    return pod;
}

/// The names of the containers, as far as they have any: for people.
Result<std::vector<std::string>> container_names(const YamlField& spec) {
    std::vector<std::string> names;
    for (const std::string_view key : {"initContainers", "containers"}) {
        const auto list = spec.find_set(key);
        if (!list) continue;
        FLATLAN_TRY(containers, list->items());
        for (const YamlField& container : containers) {
            FLATLAN_TRY_VOID(container.is_mapping());
            FLATLAN_TRY(name, read_name(container));
            names.push_back(std::move(name));
        }
    }
    return names;
}

/// Reads a pod's spec: the node that it is bound to. Everything else is no matter of the network.
Result<std::optional<NodeName>> read_pod_spec(Manifest& manifest, const YamlField& spec) {
    FLATLAN_TRY_VOID(spec.is_mapping());
    note_unused(manifest, spec, {"nodeName", "hostNetwork", "containers", "initContainers"});
    if (const auto shared = spec.find_set("hostNetwork"))
        FLATLAN_TRY_VOID(shared->word({"false"}, {"true"}));
    FLATLAN_TRY(names, container_names(spec));
    if (!names.empty())
        manifest.warn("containers are not run by this version (" + join(names) +
                      "): a pod is a sandbox with its addresses");
    const auto field = spec.find_set("nodeName");
    if (!field) return std::optional<NodeName>{};
    FLATLAN_TRY(text, field->text());
    auto node = NodeName::from(text);
    if (!node) return std::move(node).error().at(to_string(field->place()));
    return std::optional<NodeName>{std::move(node).value()};
}

Error too_many_pods(const YamlField& at) {
    return Error{ErrorCode::invalid_argument, "the file has too many pods"}
        .at(to_string(at.place()))
        .expecting("at most " + std::to_string(kPodsMax));
}

void warn_of_unused(Manifest& manifest) {
    if (!manifest.unused.empty())
        manifest.warn("without effect in this version: " + join(manifest.unused));
}

Result<void> read_pod(Manifest& manifest) {
    FLATLAN_TRY(name, read_pod_name(manifest, {}));
    FLATLAN_TRY(node, read_pod_spec(manifest, manifest.root.find_or_empty("spec")));
    if (manifest.into.pods.size() == kPodsMax) return too_many_pods(manifest.root);
    manifest.into.pods.push_back({name, node, manifest.root.place()});
    warn_of_unused(manifest);
    return success();
}

/// A Deployment or ReplicaSet: `replicas` times the pod of its template.
Result<void> read_replicated(Manifest& manifest) {
    const YamlField spec = manifest.root.find_or_empty("spec");
    FLATLAN_TRY_VOID(spec.is_mapping());
    std::uint64_t replicas = kReplicasDefault;
    const auto field = spec.find_set("replicas");
    if (field) {
        FLATLAN_TRY(number, field->number(0, kPodsMax));
        replicas = number;
    }
    FLATLAN_TRY(longest, read_pod_name(manifest, "-" + std::to_string(replicas)));
    note_unused(manifest, spec, {"replicas", "selector", "template"});
    FLATLAN_TRY(pod, spec.get("template"));
    FLATLAN_TRY_VOID(pod.is_mapping());
    FLATLAN_TRY(node, read_pod_spec(manifest, pod.find_or_empty("spec")));
    if (manifest.into.pods.size() + replicas > kPodsMax) return too_many_pods(field.value_or(spec));

    const std::string base = longest.name().substr(0, longest.name().rfind('-') + 1);
    for (std::uint64_t i = 1; i <= replicas; ++i)
        manifest.into.pods.push_back(
            {PodName::from(longest.pod_namespace(), base + std::to_string(i)).value(), node,
             manifest.root.place()});
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

Result<void> pass_over(Manifest& manifest) {
    const auto name = manifest.root.find_or_empty("metadata").find("name");
    if (name && name->node().kind == YamlNode::Kind::scalar)
        manifest.title += " " + quoted(name->node().text);
    manifest.warn("passed over: this version takes Pod, Deployment and ReplicaSet");
    return success();
}

}  // namespace

Result<void> read_manifest(const YamlField& root, Manifests& into) {
    struct Reader {
        std::string_view kind, version;
        Result<void> (*read)(Manifest&);
    };
    static constexpr std::array<Reader, 3> kReaders{{{"Pod", "v1", read_pod},
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
    Manifest manifest{root, std::string{kind}, into, {}};
    for (const Reader& reader : kReaders)
        if (reader.kind == kind) {
            FLATLAN_TRY_VOID(version.word({reader.version}, {}));
            return reader.read(manifest);
        }
    return pass_over(manifest);
}

}  // namespace flatlan::lab
