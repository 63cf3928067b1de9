#include "tools/daemon/api/cluster_answer.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::daemon {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const ClusterAnswer::Node& node) {
    return {{"name", node.name},   {"summary", node.summary},
            {"sent", node.sent},   {"seen", node.seen ? Json(*node.seen) : Json(nullptr)},
            {"tried", node.tried}, {"gone", node.gone}};
}

ClusterAnswer::Node node_from(const Json& json) {
    ClusterAnswer::Node node{.name = json.at("name").get<std::string>(),
                             .summary = json.at("summary").get<std::string>(),
                             .sent = json.at("sent").get<std::vector<std::string>>()};
    if (!json.at("seen").is_null()) node.seen = json.at("seen").get<std::vector<std::string>>();
    node.tried = json.at("tried").get<std::vector<std::string>>();
    node.gone = json.at("gone").get<std::vector<std::string>>();
    return node;
}

}  // namespace

std::string to_json(const ClusterAnswer& answer) {
    Json members = Json::array();
    for (const auto& [node, record] : answer.members)
        members.push_back({{"node", node}, {"record", record}});
    Json nodes = Json::array();
    for (const ClusterAnswer::Node& node : answer.nodes)
        nodes.push_back(json_of(node));
    Json silent = Json::array();
    for (const auto& [node, why] : answer.silent)
        silent.push_back({{"node", node}, {"why", why}});
    return Json{{"roster", answer.roster},       {"trials", answer.trials},
                {"members", std::move(members)}, {"nodes", std::move(nodes)},
                {"silent", std::move(silent)},   {"took_ns", answer.took.count()}}
        .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ClusterAnswer> cluster_answer_from_json(std::string_view text) {
    try {
        const Json json = Json::parse(text);
        ClusterAnswer answer{.roster = json.at("roster").get<std::string>(),
                             .trials = json.at("trials").get<std::string>(),
                             .members = {},
                             .nodes = {},
                             .silent = {},
                             .took = Duration{json.at("took_ns").get<std::int64_t>()}};
        for (const Json& each : json.at("members"))
            answer.members.push_back(
                {each.at("node").get<std::string>(), each.at("record").get<std::string>()});
        for (const Json& each : json.at("nodes"))
            answer.nodes.push_back(node_from(each));
        for (const Json& each : json.at("silent"))
            answer.silent.push_back(
                {each.at("node").get<std::string>(), each.at("why").get<std::string>()});
        return answer;
    } catch (const Json::exception& thrown) {
        return Error{ErrorCode::corrupt, std::string{"read flatland's answer: "} + thrown.what()};
    }
}

}  // namespace flatlan::daemon
