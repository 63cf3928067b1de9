#include "overlay/lab/agents/cni_call.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kTryAgainLater = 11;  // CNI specification, section 5

/// What a runtime hands to the first plugin of a list (CNI specification, section 3).
Result<std::string> configuration_from(const std::string& conflist) {
    const Json list = Json::parse(conflist, nullptr, false);
    if (!list.is_object() || !list.contains("plugins") || list["plugins"].empty())
        return Error{ErrorCode::corrupt, "the node's CNI configuration is no list of plugins"};
    Json plugin = list["plugins"][0];
    plugin["cniVersion"] = list.value("cniVersion", "1.0.0");
    plugin["name"] = list.value("name", "");
    return plugin.dump();
}

Error refusal(const std::string& command, const NodeMachine::Ran& ran) {
    const Json told = Json::parse(ran.output, nullptr, false);
    if (!told.is_object() || !told.contains("msg"))
        return Error{ErrorCode::system,
                     "flatlan-cni " + command + " ended with " + text_of_end(ran.wait_status)};
    const std::string details = told.value("details", "");
    Error error{
        told.value("code", 0) == kTryAgainLater ? ErrorCode::unavailable : ErrorCode::system,
        "flatlan-cni " + command + ": " + told.value("msg", "")};
    return details.empty() ? error : std::move(error).expecting(details);
}

Result<IpAddresses> addresses_from(const std::string& result) {
    const Json told = Json::parse(result, nullptr, false);
    IpAddresses addresses;
    if (told.is_object() && told.contains("ips"))
        for (const Json& entry : told["ips"]) {
            const std::string cidr = entry.value("address", "");
            FLATLAN_TRY(address, IpAddress::from_text(cidr.substr(0, cidr.find('/'))));
            addresses.set(address);
        }
    if (addresses.empty()) return Error{ErrorCode::corrupt, "flatlan-cni ADD names no address"};
    return addresses;
}

/// CNI_ARGS as a kubelet's runtime has them.
std::string arguments_of(const CniContainer& container) {
    if (container.pod.empty()) return {};
    const std::size_t slash = container.pod.find('/');
    return "IgnoreUnknown=1;K8S_POD_NAMESPACE=" + container.pod.substr(0, slash) +
           ";K8S_POD_NAME=" + container.pod.substr(slash + 1);
}

}  // namespace

Result<std::string> CniCaller::call(const std::string& command,
                                    const CniContainer& container) const {
    FLATLAN_TRY(conflist, machine_.read_run(conflist_));
    FLATLAN_TRY(configuration, configuration_from(conflist));
    auto environment = inherited_environment();
    for (std::string variable :
         {"CNI_COMMAND=" + command, "CNI_CONTAINERID=" + container.id,
          "CNI_NETNS=" + container.netns, std::string{"CNI_IFNAME=eth0"},
          "CNI_PATH=" + plugin_.parent_path().string(), "CNI_ARGS=" + arguments_of(container)})
        environment.push_back(std::move(variable));
    FLATLAN_TRY(ran, machine_.run({plugin_.string()}, std::move(environment), configuration));
    if (ran.wait_status != 0) return refusal(command, ran);
    return ran.output;
}

Result<IpAddresses> CniCaller::add(const CniContainer& container) const {
    FLATLAN_TRY(result, call("ADD", container));
    return addresses_from(result);
}

Result<void> CniCaller::del(const CniContainer& container) const {
    auto done = call("DEL", container);
    if (!done) return std::move(done).error();
    return success();
}

}  // namespace flatlan::lab
