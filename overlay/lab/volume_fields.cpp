#include "overlay/base/text.hpp"
#include "overlay/lab/pod_fields.hpp"

namespace flatlan::lab {
namespace {

/// A key of a ConfigMap, or a path that it is to have in its volume: no way out of the volume.
bool is_inner_path(std::string_view path) {
    const std::string around = "/" + std::string{path} + "/";
    return !path.empty() && !path.starts_with('/') && around.find("/../") == around.npos &&
           path.find('\0') == path.npos;
}

Result<pod::EmptyDir> read_empty_dir(ManifestReader& reader, const YamlField& source) {
    FLATLAN_TRY_VOID(source.is_mapping());
    reader.note_unused(source, {"medium", "sizeLimit"});
    // Both kinds lie in memory, so that nothing of a lab is on a disk.
    if (const auto medium = source.find_set("medium"))
        FLATLAN_TRY_VOID(medium->word({"", "Memory"}, {}));
    pod::EmptyDir volume;
    if (const auto limit = source.find_set("sizeLimit")) {
        FLATLAN_TRY(octets, read_quantity(*limit, 1));
        volume.size_limit_bytes = octets;
    }
    return volume;
}

Result<pod::HostPath> read_host_path(ManifestReader& reader, const YamlField& source) {
    FLATLAN_TRY_VOID(source.is_mapping());
    reader.note_unused(source, {"path"});
    FLATLAN_TRY(field, source.get("path"));
    FLATLAN_TRY(path, read_path(field));
    return pod::HostPath{.path = std::move(path)};
}

Result<pod::ConfigMapFiles> read_config_map_volume(ManifestReader& reader, const YamlField& source,
                                                   const std::string& pod_namespace) {
    reader.note_unused(source, {"name", "items", "optional"});
    FLATLAN_TRY(data, find_config_map(reader, source, pod_namespace));
    pod::ConfigMapFiles volume;
    if (!data) return volume;
    const auto list = source.find_set("items");
    if (!list) {
        volume.files = std::move(*data);
        return volume;
    }
    FLATLAN_TRY(items, list->items());
    for (const YamlField& item : items) {
        FLATLAN_TRY_VOID(item.is_mapping());
        reader.note_unused(item, {"key", "path"});
        FLATLAN_TRY(key_field, item.get("key"));
        FLATLAN_TRY(key, key_field.text());
        FLATLAN_TRY(path_field, item.get("path"));
        FLATLAN_TRY(path, path_field.text());
        const auto found = data->find(std::string{key});
        if (found == data->end())
            return key_field.error("is " + quoted(key) + ", which the ConfigMap does not have");
        if (!is_inner_path(path)) return path_field.wrong_kind("a path inside of the volume");
        volume.files[std::string{path}] = found->second;
    }
    return volume;
}

}  // namespace

Result<std::optional<ConfigMapData>> find_config_map(const ManifestReader& reader,
                                                     const YamlField& reference,
                                                     const std::string& pod_namespace) {
    FLATLAN_TRY_VOID(reference.is_mapping());
    FLATLAN_TRY(field, reference.get("name"));
    FLATLAN_TRY(name, field.text());
    const auto found = reader.into.config_maps.find(pod_namespace + "/" + std::string{name});
    if (found != reader.into.config_maps.end()) return std::optional{found->second};
    if (const auto optional = reference.find_set("optional")) {
        FLATLAN_TRY(may_miss, read_bool(*optional));
        if (may_miss) return std::optional<ConfigMapData>{};
    }
    std::vector<std::string_view> known;
    for (const auto& [known_name, data] : reader.into.config_maps)
        known.push_back(std::string_view{known_name}.substr(known_name.find('/') + 1));
    const auto near = nearest_word(name, known);
    return field.error("is " + quoted(name) + ", a ConfigMap that the file does not have")
        .expecting(near ? quoted(*near) : "a document of kind ConfigMap of that name");
}

Result<pod::Volume> read_volume(ManifestReader& reader, const YamlField& volume,
                                const std::string& pod_namespace) {
    FLATLAN_TRY(name, read_label(volume));
    pod::Volume read{.name = std::move(name), .source = pod::EmptyDir{}};
    if (const auto empty = volume.find("emptyDir")) {
        FLATLAN_TRY(made, read_empty_dir(reader, *empty));
        read.source = made;
    } else if (const auto host = volume.find("hostPath")) {
        FLATLAN_TRY(made, read_host_path(reader, *host));
        read.source = std::move(made);
    } else if (const auto config = volume.find("configMap")) {
        FLATLAN_TRY(made, read_config_map_volume(reader, *config, pod_namespace));
        read.source = std::move(made);
    } else {
        std::string kind = "of no kind";
        for (const YamlEntry& entry : volume.node().entries)
            if (entry.key != "name") kind = quoted(entry.key);
        reader.warn(volume, "volume '" + read.name + "' is an empty folder: " + kind +
                                " is not done by this version (it has emptyDir, hostPath and "
                                "configMap)");
    }
    return read;
}

Result<void> read_config_maps(const YamlField& root, Manifests& into) {
    const YamlNode* kind = root.node().find("kind");
    if (kind == nullptr) return success();
    if (kind->text == "List") {
        const auto items = root.find_or_empty("items").items();
        if (!items) return success();  // told where the list is read
        for (const YamlField& item : items.value())
            FLATLAN_TRY_VOID(read_config_maps(item, into));
    }
    if (kind->text != "ConfigMap") return success();
    FLATLAN_TRY(metadata, root.get("metadata"));
    FLATLAN_TRY_VOID(metadata.is_mapping());
    FLATLAN_TRY(name_field, metadata.get("name"));
    FLATLAN_TRY(name, name_field.text());
    std::string key{PodName::kDefaultNamespace};
    if (const auto field = metadata.find_set("namespace")) {
        FLATLAN_TRY(text, field->text());
        key = text;
    }
    key += "/" + std::string{name};
    if (into.config_maps.contains(key))
        return name_field.error("is " + quoted(name) + ", a ConfigMap that is given twice")
            .expecting("each name once in a namespace");
    ConfigMapData& files = into.config_maps[key];
    const YamlField data = root.find_or_empty("data");
    FLATLAN_TRY_VOID(data.is_mapping());
    for (const YamlEntry& entry : data.node().entries) {
        const auto field = data.find(entry.key);
        if (!is_inner_path(entry.key) || entry.key.find('/') != entry.key.npos)
            return field->error("is no key of a ConfigMap").expecting("a file's name");
        FLATLAN_TRY(text, read_whole_text(*field));
        files[entry.key] = std::move(text);
    }
    return success();
}

}  // namespace flatlan::lab
