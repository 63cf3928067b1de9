#include <algorithm>
#include <array>
#include <set>

#include "overlay/base/text.hpp"
#include "overlay/lab/pod_fields.hpp"

namespace flatlan::lab {
namespace {

/// What a variable can take from its pod, as PodRunner fills it in.
constexpr std::array<std::string_view, 6> kFields{"metadata.name", "metadata.namespace",
                                                  "spec.nodeName", "status.hostIP",
                                                  "status.podIP",  "status.podIPs"};

/// A ConfigMap's text is taken as it is: nothing in it is expanded.
std::string literal(const std::string& text) {
    std::string escaped;
    for (const char letter : text)
        escaped += letter == '$' ? std::string{"$$"} : std::string{letter};
    return escaped;
}

Result<void> read_value_from(ManifestReader& reader, const YamlField& source,
                             const std::string& pod_namespace, pod::EnvironmentVariable& into) {
    FLATLAN_TRY_VOID(source.is_mapping());
    reader.note_unused(source, {"fieldRef", "configMapKeyRef"});
    if (const auto reference = source.find_set("fieldRef")) {
        FLATLAN_TRY(path, reference->get("fieldPath"));
        FLATLAN_TRY(text, path.text());
        if (std::find(kFields.begin(), kFields.end(), text) == kFields.end())
            reader.unused.push_back(path.path() + " (" + std::string{text} + ")");
        into.field_path = text;
    } else if (const auto entry = source.find_set("configMapKeyRef")) {
        FLATLAN_TRY(data, find_config_map(reader, *entry, pod_namespace));
        FLATLAN_TRY(key, entry->get("key"));
        FLATLAN_TRY(text, key.text());
        if (!data) return success();
        const auto found = data->find(std::string{text});
        if (found == data->end())
            return key.error("is " + quoted(text) + ", which the ConfigMap does not have");
        into.value = literal(found->second);
    }
    return success();
}

Result<void> read_environment(ManifestReader& reader, const YamlField& container,
                              const std::string& pod_namespace, pod::ContainerSpec& into) {
    if (const auto sources = container.find_set("envFrom")) {
        FLATLAN_TRY(items, sources->items());
        for (const YamlField& item : items) {
            reader.note_unused(item, {"configMapRef"});
            const auto reference = item.find_set("configMapRef");
            if (!reference) continue;
            FLATLAN_TRY(data, find_config_map(reader, *reference, pod_namespace));
            for (const auto& [name, value] : data.value_or(ConfigMapData{}))
                into.environment.push_back({name, literal(value)});
        }
    }
    const auto list = container.find_set("env");
    if (!list) return success();
    FLATLAN_TRY(items, list->items());
    for (const YamlField& item : items) {
        FLATLAN_TRY_VOID(item.is_mapping());
        reader.note_unused(item, {"name", "value", "valueFrom"});
        FLATLAN_TRY(name, item.get("name"));
        FLATLAN_TRY(text, name.text());
        if (text.empty() || text.find('=') != text.npos)
            return name.wrong_kind("a variable's name, without '='");
        pod::EnvironmentVariable variable{std::string{text}};
        if (const auto value = item.find_set("value")) {
            FLATLAN_TRY(content, read_whole_text(*value));
            variable.value = std::move(content);
        }
        if (const auto source = item.find_set("valueFrom"))
            FLATLAN_TRY_VOID(read_value_from(reader, *source, pod_namespace, variable));
        into.environment.push_back(std::move(variable));
    }
    return success();
}

Result<void> read_mounts(ManifestReader& reader, const YamlField& container,
                         pod::ContainerSpec& into) {
    const auto list = container.find_set("volumeMounts");
    if (!list) return success();
    FLATLAN_TRY(items, list->items());
    for (const YamlField& item : items) {
        FLATLAN_TRY(name, read_label(item));
        reader.note_unused(item, {"name", "mountPath", "subPath", "readOnly"});
        pod::VolumeMount mount{.volume = std::move(name), .path = {}};
        FLATLAN_TRY(path_field, item.get("mountPath"));
        FLATLAN_TRY(path, read_path(path_field));
        if (path == "/") return path_field.wrong_kind("a path below '/'");
        for (const pod::VolumeMount& other : into.mounts)
            if (other.path == path)
                return path_field.error("is " + quoted(path) + ", which is given twice")
                    .expecting("each path once in a container");
        mount.path = std::move(path);
        if (const auto sub = item.find_set("subPath")) {
            FLATLAN_TRY(text, sub->text());
            if (text.starts_with('/') ||
                ("/" + std::string{text} + "/").find("/../") != std::string::npos)
                return sub->wrong_kind("a path inside of the volume, without '..'");
            mount.sub_path = text;
        }
        if (const auto read_only = item.find_set("readOnly")) {
            FLATLAN_TRY(value, read_bool(*read_only));
            mount.read_only = value;
        }
        into.mounts.push_back(std::move(mount));
    }
    return success();
}

/// Ports are for people and for probes by name; that none is given twice is checked.
Result<void> read_ports(ManifestReader& reader, const YamlField& container) {
    const auto list = container.find_set("ports");
    if (!list) return success();
    FLATLAN_TRY(items, list->items());
    std::set<std::string> given;
    for (const YamlField& item : items) {
        FLATLAN_TRY_VOID(item.is_mapping());
        reader.note_unused(item, {"name", "containerPort", "protocol"});
        FLATLAN_TRY(field, item.get("containerPort"));
        FLATLAN_TRY(number, field.number(1, 65535));
        std::string protocol = "TCP";
        if (const auto word = item.find_set("protocol")) {
            FLATLAN_TRY(text, word->word({"TCP", "UDP", "SCTP"}, {}));
            protocol = text;
        }
        if (!given.insert(std::to_string(number) + "/" + protocol).second)
            return field
                .error("is " + std::to_string(number) + ", which this container has already as " +
                       protocol + " port")
                .expecting("each port once in a container");
    }
    return success();
}

Result<void> read_limits(ManifestReader& reader, const YamlField& container,
                         pod::ResourceLimits& into) {
    const auto resources = container.find_set("resources");
    if (!resources) return success();
    FLATLAN_TRY_VOID(resources->is_mapping());
    reader.note_unused(*resources, {"limits"});
    const YamlField limits = resources->find_or_empty("limits");
    FLATLAN_TRY_VOID(limits.is_mapping());
    reader.note_unused(limits, {"memory", "cpu", "ephemeral-storage"});
    if (const auto field = limits.find_set("memory")) {
        FLATLAN_TRY(octets, read_quantity(*field, 1));
        into.memory_bytes = octets;
    }
    if (const auto field = limits.find_set("cpu")) {
        FLATLAN_TRY(millis, read_quantity(*field, 1000));
        into.cpu_millis = millis;
    }
    if (const auto field = limits.find_set("ephemeral-storage")) {
        FLATLAN_TRY(octets, read_quantity(*field, 1));
        into.disk_bytes = octets;
    }
    return success();
}

Result<void> read_probes(ManifestReader& reader, const YamlField& container,
                         pod::ContainerSpec& into) {
    const auto read = [&](std::string_view key, std::optional<pod::Probe>& probe) -> Result<void> {
        const auto field = container.find_set(key);
        if (!field) return success();
        FLATLAN_TRY(value, read_probe(reader, *field, container));
        probe = std::move(value);
        return success();
    };
    FLATLAN_TRY_VOID(read("livenessProbe", into.liveness));
    FLATLAN_TRY_VOID(read("readinessProbe", into.readiness));
    return read("startupProbe", into.startup);
}

Result<void> read_words(const YamlField& container, pod::ContainerSpec& into) {
    if (const auto field = container.find_set("image")) {
        FLATLAN_TRY(text, field->text());
        into.image = text;
        for (const std::string_view kind : {pod::kFolderImage, pod::kLayoutImage})
            if (text.starts_with(kind) && !text.substr(kind.size()).starts_with('/'))
                return field->wrong_kind("dir:/FOLDER, oci:/FOLDER or oci:/FOLDER:TAG");
    }
    if (const auto field = container.find_set("command")) {
        FLATLAN_TRY(words, read_texts(*field));
        into.command = std::move(words);
    }
    if (const auto field = container.find_set("args")) {
        FLATLAN_TRY(words, read_texts(*field));
        into.args = std::move(words);
    }
    if (const auto field = container.find_set("workingDir")) {
        FLATLAN_TRY(path, read_path(*field));
        into.working_dir = std::move(path);
    }
    return success();
}

}  // namespace

Result<pod::ContainerSpec> read_container(ManifestReader& reader, const YamlField& container,
                                          const std::string& pod_namespace, bool init) {
    FLATLAN_TRY(name, read_label(container));
    reader.note_unused(
        container, {"name", "image", "command", "args", "env", "envFrom", "workingDir", "ports",
                    "volumeMounts", "livenessProbe", "readinessProbe", "startupProbe", "resources",
                    init ? "restartPolicy" : "name"});
    pod::ContainerSpec spec{.name = std::move(name)};
    FLATLAN_TRY_VOID(read_words(container, spec));
    FLATLAN_TRY_VOID(read_environment(reader, container, pod_namespace, spec));
    FLATLAN_TRY_VOID(read_mounts(reader, container, spec));
    FLATLAN_TRY_VOID(read_ports(reader, container));
    FLATLAN_TRY_VOID(read_limits(reader, container, spec.limits));
    FLATLAN_TRY_VOID(read_probes(reader, container, spec));
    if (!init) return spec;
    if (const auto policy = container.find_set("restartPolicy")) {
        FLATLAN_TRY_VOID(policy->word({"Always"}, {}));
        spec.sidecar = true;
    }
    return spec;
}

}  // namespace flatlan::lab
