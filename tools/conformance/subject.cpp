#include "tools/conformance/subject.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::conformance {
namespace {

using nlohmann::json;

Error wrong(const std::string& what, const std::string& expected) {
    return Error{ErrorCode::invalid_argument, what}.at("--config").expecting(expected);
}

std::string text_of(const json& object, const char* field) {
    const auto found = object.is_object() ? object.find(field) : object.end();
    return object.is_object() && found != object.end() && found->is_string()
               ? found->get<std::string>()
               : "";
}

/// Where the program of that type is.
Result<std::filesystem::path> find_program(const Subject& subject, const std::string& type) {
    std::string_view folders{subject.cni_path};
    while (!folders.empty()) {
        const auto folder = folders.substr(0, folders.find(':'));
        const std::filesystem::path program = std::filesystem::path{folder} / type;
        std::error_code unknown;
        if (!type.empty() && std::filesystem::exists(program, unknown)) return program;
        folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
    }
    return wrong("there is no plugin '" + type + "' in " + subject.cni_path,
                 "--cni-path with the folder that has it");
}

}  // namespace

Result<Subject> Subject::read(const std::filesystem::path& plugin, const std::string& text,
                              const std::string& more_folders) {
    const std::string own_type = plugin.filename().string();
    const json root = json::parse(text, nullptr, false);
    if (!root.is_object())
        return wrong("the configuration is no JSON object", "a CNI configuration or a list");
    Subject subject{.plugin = std::filesystem::absolute(plugin), .network = text_of(root, "name")};
    subject.cni_path = subject.plugin.parent_path().string();
    if (!more_folders.empty()) subject.cni_path += ":" + more_folders;
    if (subject.network.empty()) return wrong("'name' is missing", "the network's name");

    const json plugins = root.contains("plugins") ? root["plugins"] : json::array({root});
    if (!plugins.is_array()) return wrong("'plugins' is no list", "a list of configurations");
    bool found = false;
    for (const json& entry : plugins) {
        const std::string type = text_of(entry, "type");
        const bool own = !found && type == own_type;
        if (own) subject.tested = subject.chain.size();
        found = found || own;
        if (own) {
            subject.chain.push_back({subject.plugin, entry.dump()});
            continue;
        }
        FLATLAN_TRY(program, find_program(subject, type));
        subject.chain.push_back({program, entry.dump()});
    }
    if (!found)
        return wrong("no 'type' is '" + own_type + "'", "the plugin's file name as the type");
    return subject;
}

std::string configuration_of(const Subject& subject, const ListedPlugin& plugin,
                             std::string_view version) {
    json object = json::parse(plugin.configuration, nullptr, false);
    object["cniVersion"] = version;
    object["name"] = subject.network;
    object.erase("prevResult");
    return object.dump();
}

std::string with_field(const std::string& object, std::string_view field,
                       const std::string& value) {
    json root = json::parse(object, nullptr, false);
    root[std::string{field}] = json::parse(value, nullptr, false);
    return root.dump();
}

std::string without_field(const std::string& object, std::string_view field) {
    json root = json::parse(object, nullptr, false);
    root.erase(std::string{field});
    return root.dump();
}

}  // namespace flatlan::conformance
