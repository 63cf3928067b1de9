#include "overlay/node/published/node_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace flatlan::node {
namespace {

using nlohmann::json;

Error missing(const std::string& field, const std::string& expected) {
    return Error{ErrorCode::corrupt, "field '" + field + "' is missing or wrong"}.expecting(
        expected);
}

Result<std::string> text_at(const json& object, const char* field) {
    const auto found = object.find(field);
    if (found == object.end() || !found->is_string()) return missing(field, "a string");
    return found->get<std::string>();
}

Result<std::int64_t> integer_at(const json& object, const char* field) {
    const auto found = object.find(field);
    if (found == object.end() || !found->is_number_integer() ||
        (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX))
        return missing(field, "an integer");
    return found->get<std::int64_t>();
}

Result<std::vector<std::string>> texts_at(const json& object, const char* field) {
    const auto found = object.find(field);
    if (found == object.end() || !found->is_array()) return missing(field, "a list of strings");
    std::vector<std::string> texts;
    for (const json& entry : *found) {
        if (!entry.is_string()) return missing(field, "a list of strings");
        texts.push_back(entry.get<std::string>());
    }
    return texts;
}

Result<IpAddresses> overlay_of(const json& object) {
    FLATLAN_TRY(texts, texts_at(object, "overlay"));
    IpAddresses overlay;
    for (const std::string& text : texts) {
        FLATLAN_TRY(address, IpAddress::from_text(text));
        overlay.set(address);
    }
    return overlay;
}

Result<std::vector<IpPrefix>> prefixes_of(const json& object, const char* field) {
    FLATLAN_TRY(texts, texts_at(object, field));
    std::vector<IpPrefix> prefixes;
    for (const std::string& text : texts) {
        FLATLAN_TRY(prefix, IpPrefix::from_text(text));
        prefixes.push_back(prefix);
    }
    return prefixes;
}

Result<Confirmation> confirmation_of(const json& object) {
    const auto found = object.find("confirmed");
    if (found == object.end() || !found->is_object())
        return missing("confirmed", "an object of boot and atNs");
    FLATLAN_TRY(boot_text, text_at(*found, "boot"));
    FLATLAN_TRY(boot, BootId::from_text(boot_text));
    FLATLAN_TRY(at, integer_at(*found, "atNs"));
    return Confirmation{boot, Instant::from_nanoseconds(at)};
}

Result<void> check_version(const json& object) {
    FLATLAN_TRY(version, integer_at(object, "version"));
    if (version < 1) return missing("version", "1");
    if (static_cast<std::uint64_t>(version) > NodeFile::kVersion)
        return Error{ErrorCode::unsupported, "it has version " + std::to_string(version)}.expecting(
            "version " + std::to_string(NodeFile::kVersion) + ", or a newer flatlan");
    return success();
}

Result<void> read_way(const json& object, NodeFile& file) {
    if (object.contains("backend")) {
        FLATLAN_TRY(backend, text_at(object, "backend"));
        file.backend = std::move(backend);
    }
    if (object.contains("underlay")) {
        FLATLAN_TRY(text, text_at(object, "underlay"));
        FLATLAN_TRY(underlay, IpAddress::from_text(text));
        file.underlay = underlay;
    }
    if (object.contains("port")) {
        FLATLAN_TRY(number, integer_at(object, "port"));
        FLATLAN_TRY(port, Port::from(static_cast<std::uint64_t>(number)));
        file.port = port;
    }
    file.unreachable = object.value("unreachable", json(false)) == json(true);
    return success();
}

Result<NodeFile> node_file_from(const json& object) {
    FLATLAN_TRY_VOID(check_version(object));
    FLATLAN_TRY(name_text, text_at(object, "node"));
    FLATLAN_TRY(name, NodeName::from(name_text));
    FLATLAN_TRY(overlay, overlay_of(object));
    FLATLAN_TRY(prefixes, prefixes_of(object, "clusterPrefixes"));
    if (prefixes.empty()) return missing("clusterPrefixes", "at least one prefix");
    FLATLAN_TRY(mtu_octets, integer_at(object, "mtu"));
    FLATLAN_TRY(mtu, OverlayMtu::from(static_cast<std::uint64_t>(mtu_octets)));
    FLATLAN_TRY(lease_file, text_at(object, "leaseFile"));
    FLATLAN_TRY(confirmed, confirmation_of(object));
    NodeFile file{.name = name,
                  .overlay = overlay,
                  .cluster_prefixes = std::move(prefixes),
                  .mtu = mtu,
                  .lease_file = lease_file,
                  .confirmed = confirmed};
    if (object.contains("offlineMaxNs")) {
        FLATLAN_TRY(span, integer_at(object, "offlineMaxNs"));
        file.offline_max = Duration{span};
    }
    for (const auto& [field, kept_back] :
         {std::pair{"excluded", &file.excluded}, std::pair{"reserved", &file.reserved}}) {
        if (!object.contains(field)) continue;
        FLATLAN_TRY(listed, prefixes_of(object, field));
        *kept_back = std::move(listed);
    }
    FLATLAN_TRY_VOID(read_way(object, file));
    return file;
}

}  // namespace

bool NodeFile::has(IpFamily family) const {
    return std::any_of(cluster_prefixes.begin(), cluster_prefixes.end(),
                       [&](const IpPrefix& prefix) { return prefix.family() == family; });
}

std::string to_json(const NodeFile& file) {
    json object{
        {"version", NodeFile::kVersion},
        {"node", file.name.text()},
        {"overlay", json::array()},
        {"clusterPrefixes", json::array()},
        {"mtu", file.mtu.value()},
        {"leaseFile", file.lease_file.string()},
        {"confirmed",
         {{"boot", to_string(file.confirmed.boot)}, {"atNs", file.confirmed.at.nanoseconds()}}}};
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = file.overlay.find(family))
            object["overlay"].push_back(to_string(*address));
    for (const IpPrefix& prefix : file.cluster_prefixes)
        object["clusterPrefixes"].push_back(to_string(prefix));
    for (const IpPrefix& prefix : file.excluded)
        object["excluded"].push_back(to_string(prefix));
    for (const IpPrefix& prefix : file.reserved)
        object["reserved"].push_back(to_string(prefix));
    if (file.offline_max) object["offlineMaxNs"] = file.offline_max->count();
    if (!file.backend.empty()) object["backend"] = file.backend;
    if (file.underlay) object["underlay"] = to_string(*file.underlay);
    if (file.port) object["port"] = file.port->value();
    if (file.unreachable) object["unreachable"] = true;
    return object.dump() + "\n";
}

Result<NodeFile> node_file_from_json(std::string_view text) {
    const json object = json::parse(text, nullptr, false);
    if (!object.is_object())
        return Error{ErrorCode::corrupt, "it is cut off or no JSON object"}.expecting(
            "what flatland writes");
    auto file = node_file_from(object);
    // Whatever part of it is wrong: the file is not what flatland writes.
    if (!file && file.error().code() != ErrorCode::unsupported)
        return std::move(file).error().as(ErrorCode::corrupt);
    return file;
}

}  // namespace flatlan::node
