#include "tools/cli/answers.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Bytes that are no UTF-8, as of a file's name, become U+FFFD.
std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t milliseconds(Duration took) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
}

}  // namespace

std::string error_json(const Error& error) {
    return text_of({{"error",
                     {{"code", to_string(error.code())},
                      {"message", error.text()},
                      {"where", error.where()},
                      {"expected", error.expected()}}}});
}

std::string ls_json(std::span<const lab::LabEntry> labs) {
    Json list = Json::array();
    for (const lab::LabEntry& lab : labs)
        list.push_back({{"name", lab.name.text()},
                        {"state", to_string(lab.state)},
                        {"nodes", lab.nodes},
                        {"pods", lab.pods},
                        {"pid", lab.pid}});
    return text_of({{"labs", std::move(list)}});
}

std::string up_json(const lab::LabStatus& status, Duration took,
                    const std::vector<std::string>& warnings) {
    return text_of({{"lab", status.lab.text()},
                    {"state", to_string(status.state)},
                    {"nodes", status.nodes.size()},
                    {"pods", status.pods.size()},
                    {"duration_ms", milliseconds(took)},
                    {"warnings", warnings}});
}

std::string apply_json(const LabName& lab, const lab::ApplyReport& report, Duration took,
                       const std::vector<std::string>& warnings) {
    return text_of({{"lab", lab.text()},
                    {"nodes_added", report.nodes_added},
                    {"nodes_removed", report.nodes_removed},
                    {"pods_added", report.pods_added},
                    {"pods_removed", report.pods_removed},
                    {"pods_changed", report.pods_changed},
                    {"duration_ms", milliseconds(took)},
                    {"warnings", warnings}});
}

std::string scale_json(const LabName& lab, const lab::ScaleRequest& request,
                       const lab::ScaleReport& report, Duration took) {
    return text_of({{"lab", lab.text()},
                    {"kind", request.kind},
                    {"namespace", request.pod_namespace},
                    {"name", request.name},
                    {"replicas", request.replicas},
                    {"replicas_before", report.before},
                    {"duration_ms", milliseconds(took)},
                    {"warnings", report.changes.notes}});
}

std::string down_json(const LabName& lab, Duration took) {
    return text_of({{"lab", lab.text()}, {"duration_ms", milliseconds(took)}});
}

std::string upkeep_json(const LabName& lab, bool on) {
    return text_of({{"lab", lab.text()}, {"upkeep", on}});
}

std::string node_power_json(const LabName& lab, const NodeName& node, bool on) {
    return text_of({{"lab", lab.text()}, {"node", node.text()}, {"power", on ? "on" : "off"}});
}

std::string fault_kinds_json(std::span<const lab::FaultKind> kinds) {
    Json list = Json::array();
    for (const lab::FaultKind& kind : kinds)
        list.push_back({{"name", kind.name},
                        {"at", lab::places_of(kind)},
                        {"towards", kind.towards == lab::Towards::always  ? "always"
                                    : kind.towards == lab::Towards::never ? "never"
                                                                          : "maybe"},
                        {"summary", kind.summary}});
    return text_of({{"kinds", std::move(list)}});
}

std::string doctor_json(const lab::MachineReport& report) {
    Json checks = Json::array();
    for (const lab::MachineCheck& check : report.checks)
        checks.push_back({{"name", check.name},
                          {"state", to_string(check.state)},
                          {"required", check.required},
                          {"found", check.found},
                          {"needed", check.needed},
                          {"purpose", check.purpose},
                          {"mend", check.mend}});
    return text_of({{"can_run_lab", report.can_run_lab()}, {"checks", std::move(checks)}});
}

std::string version_json() {
    return text_of({{"name", "flatlan"}, {"version", program_version()}});
}

std::string_view program_version() { return FLATLAN_VERSION; }

}  // namespace flatlan::cli
