#include "tools/daemon/conflist.hpp"

#include <nlohmann/json.hpp>

#include "overlay/node/published/node_file.hpp"
#include "overlay/node/published/read_file.hpp"
#include "overlay/node/published/replace_file.hpp"

namespace flatlan::daemon {

std::string conflist_json(const std::string& network, const std::filesystem::path& node_file) {
    using Json = nlohmann::ordered_json;
    Json plugin{{"type", "flatlan-cni"}, {"capabilities", {{"ips", true}, {"mac", true}}}};
    if (node_file != node::kNodeFilePath) plugin["nodeFile"] = node_file.string();
    const Json list{
        {"cniVersion", "1.0.0"}, {"name", network}, {"plugins", Json::array({std::move(plugin)})}};
    return list.dump() + "\n";
}

Result<bool> ensure_conflist(const std::filesystem::path& path, const std::string& text) {
    if (const auto found = node::read_file(path); found && found.value() == text) return false;
    if (auto written = node::replace_file(path, text, node::Synced::yes); !written)
        return std::move(written).error().within("write '" + path.string() + "'");
    return true;
}

}  // namespace flatlan::daemon
