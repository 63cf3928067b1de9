#include "overlay/lab/pod_fields.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "overlay/base/text.hpp"

namespace flatlan::lab {
namespace {

constexpr std::uint64_t kGraceSecondsMax = 86'400;

Result<pod::RestartPolicy> read_restart_policy(const YamlField& spec) {
    const auto field = spec.find_set("restartPolicy");
    if (!field) return pod::RestartPolicy::always;
    FLATLAN_TRY(word, field->word({"Always", "OnFailure", "Never"}, {}));
    if (word == "Never") return pod::RestartPolicy::never;
    return word == "Always" ? pod::RestartPolicy::always : pod::RestartPolicy::on_failure;
}

Result<void> read_settings(const YamlField& spec, pod::PodTemplate& into) {
    FLATLAN_TRY(policy, read_restart_policy(spec));
    into.restart_policy = policy;
    if (const auto field = spec.find_set("hostname")) {
        FLATLAN_TRY(text, field->text());
        if (auto name = NodeName::from(text); !name)
            return field->wrong_kind("a DNS label: 1 to 63 lower-case letters, digits and hyphens");
        into.hostname = text;
    }
    if (const auto field = spec.find_set("terminationGracePeriodSeconds")) {
        FLATLAN_TRY(seconds, field->number(0, kGraceSecondsMax));
        into.grace_period = std::chrono::seconds{seconds};
    }
    if (const auto field = spec.find_set("shareProcessNamespace")) {
        FLATLAN_TRY(shared, read_bool(*field));
        into.share_process_namespace = shared;
    }
    return success();
}

Error given_twice(const YamlField& at, const std::string& what) {
    return at.error(what + " is given twice").expecting("each once");
}

Result<void> read_volumes(ManifestReader& reader, const YamlField& spec,
                          const std::string& pod_namespace, pod::PodTemplate& into) {
    const auto field = spec.find_set("volumes");
    if (!field) return success();
    FLATLAN_TRY(items, field->items());
    for (const YamlField& item : items) {
        FLATLAN_TRY(volume, read_volume(reader, item, pod_namespace));
        for (const pod::Volume& other : into.volumes)
            if (other.name == volume.name) return given_twice(item, "name " + quoted(volume.name));
        into.volumes.push_back(std::move(volume));
    }
    return success();
}

/// What two containers of one pod must not both have, and what they mount, must be declared.
Result<void> check_container(const pod::PodTemplate& pod, const YamlField& item,
                             const pod::ContainerSpec& container) {
    for (std::size_t i = 0; i < pod.size(); ++i)
        if (pod.at(i).name == container.name)
            return given_twice(item, "name " + quoted(container.name));
    std::vector<std::string_view> names;
    for (const pod::Volume& volume : pod.volumes)
        names.push_back(volume.name);
    for (const pod::VolumeMount& mount : container.mounts) {
        if (std::find(names.begin(), names.end(), mount.volume) != names.end()) continue;
        const auto near = nearest_word(mount.volume, names);
        return item
            .error("mounts volume " + quoted(mount.volume) + ", which spec.volumes does not have")
            .expecting(near            ? quoted(*near)
                       : names.empty() ? "a volume of that name in spec.volumes"
                                       : "one of spec.volumes");
    }
    return success();
}

Result<void> read_containers(ManifestReader& reader, const YamlField& spec, std::string_view key,
                             const std::string& pod_namespace, pod::PodTemplate& into) {
    const auto list = spec.find_set(key);
    if (!list) return success();
    const bool init = key == "initContainers";
    FLATLAN_TRY(items, list->items());
    for (const YamlField& item : items) {
        FLATLAN_TRY(container, read_container(reader, item, pod_namespace, init));
        FLATLAN_TRY_VOID(check_container(into, item, container));
        (init ? into.init_containers : into.containers).push_back(std::move(container));
    }
    return success();
}

/// Containers of one pod share its ports: who comes second gets EADDRINUSE.
void warn_of_shared_ports(ManifestReader& reader, const YamlField& spec) {
    std::map<std::string, std::string> owners;  // by port and protocol
    const auto list = spec.find_set("containers");
    if (!list) return;
    for (const YamlNode& container : list->node().items) {
        const YamlNode* name = container.find("name");
        const YamlNode* ports = container.find("ports");
        if (name == nullptr || ports == nullptr) continue;
        for (const YamlNode& each : ports->items) {
            const YamlNode* number = each.find("containerPort");
            const YamlNode* protocol = each.find("protocol");
            if (number == nullptr) continue;
            const std::string port =
                number->text + "/" + (protocol == nullptr ? "TCP" : protocol->text);
            const auto [owner, first] = owners.try_emplace(port, name->text);
            if (!first && owner->second != name->text)
                reader.warn(*list, "containers '" + owner->second + "' and '" + name->text +
                                       "' both declare port " + port +
                                       ", and a pod has each port once");
        }
    }
}

void warn_of_images(ManifestReader& reader, const pod::PodTemplate& pod) {
    std::vector<std::string> images;
    std::vector<std::string> idle;
    for (std::size_t i = 0; i < pod.size(); ++i) {
        const pod::ContainerSpec& container = pod.at(i);
        if (!container.image.empty() && container.has_host_root())
            images.push_back(container.name + " (" + container.image + ")");
        if (container.command.empty() && container.args.empty() &&
            !container.image.starts_with(pod::kLayoutImage))
            idle.push_back(container.name);
    }
    if (!images.empty())
        reader.warn("images are not fetched: " + join_words(images) +
                    "; this machine's own files are there instead");
    if (!idle.empty()) reader.warn("no command is given, so nothing runs in " + join_words(idle));
}

}  // namespace

Result<std::string> read_label(const YamlField& mapping) {
    FLATLAN_TRY_VOID(mapping.is_mapping());
    FLATLAN_TRY(field, mapping.get("name"));
    FLATLAN_TRY(text, field.text());
    if (!NodeName::from(text))
        return field.wrong_kind("a DNS label: 1 to 63 lower-case letters, digits and hyphens");
    return std::string{text};
}

Result<std::optional<pod::PodTemplate>> read_pod_template(ManifestReader& reader,
                                                          const YamlField& spec,
                                                          const std::string& pod_namespace) {
    pod::PodTemplate pod;
    FLATLAN_TRY_VOID(read_settings(spec, pod));
    FLATLAN_TRY_VOID(read_volumes(reader, spec, pod_namespace, pod));
    FLATLAN_TRY_VOID(read_containers(reader, spec, "initContainers", pod_namespace, pod));
    FLATLAN_TRY_VOID(read_containers(reader, spec, "containers", pod_namespace, pod));
    if (pod.containers.empty()) {
        if (!pod.init_containers.empty())
            return spec.error("has initContainers and no containers")
                .expecting("at least one container");
        return std::optional<pod::PodTemplate>{};
    }
    warn_of_shared_ports(reader, spec);
    warn_of_images(reader, pod);
    return std::optional{std::move(pod)};
}

}  // namespace flatlan::lab
