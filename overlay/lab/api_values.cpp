#include "overlay/lab/api_values.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::lab {
namespace {

using Json = nlohmann::ordered_json;

/// Parses `text` and hands it to `read`; what the library throws becomes an Error.
template <typename Read>
auto read_json(std::string_view text, const char* what, Read read)
    -> Result<decltype(read(Json{}))> {
    try {
        return read(Json::parse(text));
    } catch (const Json::exception& thrown) {
        return Error{ErrorCode::corrupt, std::string{"read "} + what + ": " + thrown.what()};
    }
}

Json json_of(const ApplyReport& report) {
    return {{"nodes_added", report.nodes_added},   {"nodes_removed", report.nodes_removed},
            {"pods_added", report.pods_added},     {"pods_removed", report.pods_removed},
            {"pods_changed", report.pods_changed}, {"notes", report.notes}};
}

ApplyReport apply_report_from(const Json& json) {
    const auto count = [&](const char* key) { return json.value(key, std::size_t{0}); };
    return {.nodes_added = count("nodes_added"),
            .nodes_removed = count("nodes_removed"),
            .pods_added = count("pods_added"),
            .pods_removed = count("pods_removed"),
            .pods_changed = count("pods_changed"),
            .notes = json.value("notes", std::vector<std::string>{})};
}

}  // namespace

std::string to_json(const SandboxDescriptors& sandbox) {
    return Json{{"netns_fd", sandbox.network},
                {"utsns_fd", sandbox.uts},
                {"ipcns_fd", sandbox.ipc},
                {"mntns_fd", sandbox.mounts}}
        .dump();
}

Result<SandboxDescriptors> sandbox_descriptors_from_json(std::string_view text) {
    return read_json(text, "a sandbox's descriptors", [](const Json& json) {
        return SandboxDescriptors{json.at("netns_fd").get<int>(), json.at("utsns_fd").get<int>(),
                                  json.at("ipcns_fd").get<int>(), json.value("mntns_fd", -1)};
    });
}

std::string to_json(const pod::ContainerEntry& entry) {
    return Json{{"pid", entry.pid},
                {"environment", entry.environment},
                {"working_dir", entry.working_dir},
                {"uid", entry.uid},
                {"gid", entry.gid},
                {"cgroup", entry.cgroup}}
        .dump();
}

Result<pod::ContainerEntry> container_entry_from_json(std::string_view text) {
    return read_json(text, "a container's entry", [](const Json& json) {
        return pod::ContainerEntry{
            .pid = json.at("pid").get<pid_t>(),
            .environment = json.at("environment").get<std::vector<std::string>>(),
            .working_dir = json.at("working_dir").get<std::string>(),
            .uid = json.value("uid", 0U),
            .gid = json.value("gid", 0U),
            .cgroup = json.at("cgroup").get<std::string>()};
    });
}

std::string to_json(const ApplyReport& report) { return json_of(report).dump(); }

Result<ApplyReport> apply_report_from_json(std::string_view text) {
    return read_json(text, "what was applied", apply_report_from);
}

std::string to_json(const ScaleRequest& request) {
    return Json{{"kind", request.kind},
                {"namespace", request.pod_namespace},
                {"name", request.name},
                {"replicas", request.replicas}}
        .dump();
}

Result<ScaleRequest> scale_request_from_json(std::string_view text) {
    return read_json(text, "the request to scale", [](const Json& json) {
        return ScaleRequest{.kind = json.at("kind").get<std::string>(),
                            .pod_namespace = json.at("namespace").get<std::string>(),
                            .name = json.at("name").get<std::string>(),
                            .replicas = json.at("replicas").get<std::size_t>()};
    });
}

std::string to_json(const ScaleReport& report) {
    return Json{{"before", report.before}, {"changes", json_of(report.changes)}}.dump();
}

Result<ScaleReport> scale_report_from_json(std::string_view text) {
    return read_json(text, "what was scaled", [](const Json& json) {
        return ScaleReport{json.at("before").get<std::size_t>(),
                           apply_report_from(json.at("changes"))};
    });
}

std::string to_json(const ApplyRequest& request) {
    return Json{{"file", request.file}, {"text", request.text}}.dump(
        -1, ' ', false, Json::error_handler_t::replace);
}

Result<ApplyRequest> apply_request_from_json(std::string_view text) {
    return read_json(text, "the request to apply a lab file", [](const Json& json) {
        return ApplyRequest{json.at("file").get<std::string>(), json.at("text").get<std::string>()};
    });
}

}  // namespace flatlan::lab
