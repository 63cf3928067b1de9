#include "tools/daemon/api/daemon_client.hpp"

#include "overlay/lab/api_client.hpp"
#include "tools/daemon/api/no_daemon.hpp"

namespace flatlan::daemon {
namespace {

Result<std::string> ask(const std::string& socket, const std::string& method,
                        const std::string& path, const std::string& body = {}) {
    FLATLAN_TRY(answer, lab::ask(socket, {method, path, body}));
    return std::move(answer.body);
}

}  // namespace

Result<NodeStatus> get_node_status(const std::string& socket) {
    const auto text = ask(socket, "GET", "/v1/node");
    if (!text) return without_daemon(text.error());
    return node_status_from_json(text.value());
}

Result<lab::IpamReport> get_ipam(const std::string& socket) {
    FLATLAN_TRY(text, ask(socket, "GET", "/v1/ipam"));
    return lab::ipam_report_from_json(text);
}

Result<std::vector<lab::IpamReport::HeldLease>> release_unused(
    const std::string& socket, const std::vector<lab::IpamReport::HeldLease>& leases) {
    FLATLAN_TRY(text, ask(socket, "POST", "/v1/ipam/release", lab::to_json(leases)));
    return lab::leases_from_json(text);
}

Result<NodeClaims> get_claims(const std::string& socket) {
    FLATLAN_TRY(text, ask(socket, "GET", "/v1/claims"));
    return node_claims_from_json(text);
}

Result<void> confirm_rebuild(const std::string& socket) {
    FLATLAN_TRY_VOID(ask(socket, "POST", "/v1/rebuild/confirm"));
    return success();
}

Result<NodeRemoved> remove_node(const std::string& socket, const NodeName& name, bool forced) {
    FLATLAN_TRY_VOID(get_node_status(socket));
    FLATLAN_TRY(text, ask(socket, "POST",
                          "/v1/nodes/" + name.text() + "/remove" + (forced ? "/forced" : "")));
    return node_removed_from_json(text);
}

}  // namespace flatlan::daemon
