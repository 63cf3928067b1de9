#include "overlay/lab/agents/daemon_answer.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

#include "overlay/lab/api_client.hpp"

namespace flatlan::lab {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kPatience{2};

Result<DaemonAnswer> answer_from(const Json& json) {
    DaemonAnswer answer{.repairs = json.at("repairs").get<std::uint64_t>()};
    for (const Json& node : json.at("nodes")) {
        if (node.at("narrow_mtu").is_null()) continue;
        FLATLAN_TRY(name, NodeName::from(node.at("name").get<std::string>()));
        FLATLAN_TRY(mtu, UnderlayMtu::from(node.at("narrow_mtu").get<std::uint64_t>()));
        answer.narrow_paths.push_back({name, mtu});
    }
    return answer;
}

}  // namespace

Result<DaemonAnswer> ask_daemon(const UniqueFd& run) {
    const std::string path = "/proc/self/fd/" + std::to_string(run.get()) + "/" + kDaemonSocket;
    FLATLAN_TRY(told, ask(path, {"GET", "/v1/node", ""}, kPatience));
    try {
        auto answer = answer_from(Json::parse(told.body));
        if (!answer) return std::move(answer).error().as(ErrorCode::corrupt);
        return answer;
    } catch (const Json::exception& thrown) {
        return Error{ErrorCode::corrupt, std::string{"read flatland's answer: "} + thrown.what()};
    }
}

}  // namespace flatlan::lab
