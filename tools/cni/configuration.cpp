#include "tools/cni/configuration.hpp"

#include <nlohmann/json.hpp>

#include "ipam/lease.hpp"
#include "overlay/base/network_values.hpp"
#include "tools/cni/wishes.hpp"
#include "tools/cni/words.hpp"

namespace flatlan::cni {
namespace {

constexpr std::size_t kDepthMax = 100;  ///< of objects and arrays in each other

using nlohmann::json;

Failure invalid(const std::string& what, const std::string& expected) {
    return {Code::invalid_configuration, what, "expected " + expected};
}

/// The string of that name, empty where there is none.
Outcome<std::string> text_of(const json& object, const char* field) {
    const auto found = object.find(field);
    if (found == object.end() || found->is_null()) return std::string{};
    if (!found->is_string())
        return invalid("'" + std::string{field} + "' is " + found->type_name(), "a string");
    return found->get<std::string>();
}

/// The object of that name, empty where there is none.
Outcome<json> object_of(const json& object, const char* field) {
    const auto found = object.find(field);
    if (found == object.end() || found->is_null()) return json::object();
    if (!found->is_object())
        return invalid("'" + std::string{field} + "' is " + found->type_name(), "an object");
    return *found;
}

Outcome<Version> version_of(const json& object) {
    FLATLAN_TRY(text, text_of(object, "cniVersion"));
    if (text.empty()) return kOldest;  // as before the field existed
    if (const auto version = version_from(text)) return *version;
    std::string supported;
    for (const std::string_view known : kVersionTexts)
        supported += (supported.empty() ? "" : ", ") + std::string{known};
    return Failure{Code::incompatible_version, "'cniVersion' is " + printable(text),
                   "expected one of " + supported};
}

Outcome<void> check_verb(Verb verb, Version version) {
    if (version >= first_version_of(verb)) return success();
    return Failure{
        Code::incompatible_version,
        std::string{to_string(verb)} + " does not exist in version " +
            std::string{to_string(version)},
        "expected 'cniVersion' " + std::string{to_string(first_version_of(verb))} + " or later"};
}

/// Refuses what somebody asks for and would not get.
Outcome<void> check_supported(const json& object, std::string_view program) {
    if (const auto found = object.find("ipMasq"); found != object.end() && *found == json(true))
        return Failure{Code::unsupported_field, "'ipMasq' is true",
                       "expected no masquerade: pods keep their own addresses"};
    FLATLAN_TRY(ipam, object_of(object, "ipam"));
    FLATLAN_TRY(ipam_type, text_of(ipam, "type"));
    if (!ipam_type.empty() && ipam_type != program)
        return Failure{Code::unsupported_field, "'ipam.type' is " + printable(ipam_type),
                       "expected no 'ipam', or " + printable(program) +
                           ": the addresses are those of this node's blocks"};
    return success();
}

Outcome<std::filesystem::path> absolute_path(const std::string& text, const char* field) {
    if (text.empty() || text.front() == '/') return std::filesystem::path{text};
    return invalid("'" + std::string{field} + "' is " + printable(text), "an absolute path");
}

/// Our own keys: beside `type` where that is ours, in `ipam` where we are asked by another plugin.
Outcome<void> read_files(const json& own, Configuration& configuration) {
    FLATLAN_TRY(node_file, text_of(own, "nodeFile"));
    FLATLAN_TRY(lease_file, text_of(own, "leaseFile"));
    FLATLAN_TRY(log_file, text_of(own, "logFile"));
    FLATLAN_TRY(node_path, absolute_path(node_file, "nodeFile"));
    FLATLAN_TRY(lease_path, absolute_path(lease_file, "leaseFile"));
    FLATLAN_TRY(log_path, absolute_path(log_file, "logFile"));
    if (!node_file.empty()) configuration.node_file = node_path;
    if (!lease_file.empty()) configuration.lease_file = lease_path;
    configuration.log_file = log_path;
    return success();
}

Outcome<std::optional<std::vector<AttachmentName>>> valid_attachments_of(const json& object) {
    // The second is what the drafts before 1.1.0 called it, and what libcni 1.1 still sends too.
    for (const char* field : {"cni.dev/valid-attachments", "cni.dev/attachments"}) {
        const auto found = object.find(field);
        if (found == object.end() || found->is_null()) continue;
        if (!found->is_array())
            return invalid("'" + std::string{field} + "' is " + found->type_name(), "a list");
        std::vector<AttachmentName> names;
        for (const json& entry : *found) {
            const std::string expected = "containerID and ifname, both strings, in each entry";
            if (!entry.is_object())
                return invalid("an entry of '" + std::string{field} + "' is no object", expected);
            FLATLAN_TRY(container, text_of(entry, "containerID"));
            FLATLAN_TRY(interface, text_of(entry, "ifname"));
            if (container.empty() || interface.empty())
                return invalid("an entry of '" + std::string{field} + "' lacks a name", expected);
            names.push_back({container, interface});
        }
        return std::optional{std::move(names)};
    }
    return std::optional<std::vector<AttachmentName>>{};
}

Outcome<void> read_names(const json& object, Configuration& configuration,
                         std::string_view program) {
    FLATLAN_TRY(network, text_of(object, "name"));
    FLATLAN_TRY(type, text_of(object, "type"));
    if (!ipam::is_cni_name(network))
        return invalid(network.empty() ? "'name' is missing" : "'name' is " + printable(network),
                       "the network's name: letters, digits, '_', '.' and '-', a letter or digit "
                       "first");
    if (type.empty()) return invalid("'type' is missing", "the plugin's name");
    FLATLAN_TRY(ipam, object_of(object, "ipam"));
    FLATLAN_TRY(ipam_type, text_of(ipam, "type"));
    configuration.network = network;
    configuration.type = type;
    configuration.delegated = type != program && ipam_type == program;
    if (!configuration.delegated) FLATLAN_TRY_VOID(check_supported(object, program));
    return read_files(configuration.delegated ? ipam : object, configuration);
}

/// Whether objects and arrays lie in each other deeper than that, in a text that may be JSON: what
/// writes them out again needs a part of the stack for each.
bool is_nested_deeper(std::string_view text, std::size_t most) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char each = text[at];
        if (quoted && each == '\\') ++at;
        if (each == '"') quoted = !quoted;
        if (quoted) continue;
        if ((each == '{' || each == '[') && ++depth > most) return true;
        if ((each == '}' || each == ']') && depth > 0) --depth;
    }
    return false;
}

Outcome<json> root_of(std::string_view text, Verb verb) {
    if (text.size() > Configuration::kSizeMax)
        return Failure{Code::decoding_failure, "the configuration has more than 16 MiB"};
    const bool blank = text.find_first_not_of(" \t\r\n") == text.npos;
    // Runtimes of the first versions asked for VERSION with nothing on standard input.
    if (blank && verb == Verb::version) return json::object();
    if (is_nested_deeper(text, kDepthMax))
        return Failure{Code::decoding_failure, "the configuration is nested too deeply",
                       "expected at most " + std::to_string(kDepthMax) + " levels"};
    json root = json::parse(text, nullptr, false);
    if (root.is_object()) return root;
    return Failure{
        Code::decoding_failure,
        blank ? "standard input is empty"
              : (root.is_discarded() ? "standard input is no JSON"
                                     : "standard input is " + std::string{root.type_name()}),
        "expected the network's configuration, a JSON object"};
}

}  // namespace

Outcome<Configuration> Configuration::parse(std::string_view text, const Environment& environment,
                                            std::string_view program) {
    FLATLAN_TRY(root, root_of(text, environment.verb));
    Configuration configuration;
    if (environment.verb == Verb::version) {
        configuration.version = answer_version(text);
        return configuration;
    }
    FLATLAN_TRY(version, version_of(root));
    configuration.version = version;
    FLATLAN_TRY_VOID(check_verb(environment.verb, version));
    FLATLAN_TRY_VOID(read_names(root, configuration, program));
    FLATLAN_TRY(attachments, valid_attachments_of(root));
    configuration.valid_attachments = std::move(attachments);
    if (environment.verb == Verb::add) {
        FLATLAN_TRY(wishes, wishes_of(root.dump(), environment.arguments));
        configuration.wishes = wishes;
    }
    FLATLAN_TRY(dns, object_of(root, "dns"));
    if (!dns.empty()) configuration.dns = dns.dump();
    FLATLAN_TRY(prev_result, object_of(root, "prevResult"));
    if (root.contains("prevResult") && !root["prevResult"].is_null())
        configuration.prev_result = prev_result.dump();
    return configuration;
}

Version answer_version(std::string_view text) {
    const json root =
        text.size() > Configuration::kSizeMax ? json{} : json::parse(text, nullptr, false);
    if (!root.is_object()) return kNewest;
    const auto asked = root.find("cniVersion");
    if (asked == root.end() || !asked->is_string()) return kNewest;
    return version_from(asked->get<std::string>()).value_or(kNewest);
}

}  // namespace flatlan::cni
