#include "overlay/lab/lab_status.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::lab {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const IpAddresses& addresses) {
    Json out = Json::array();
    if (addresses.ipv4) out.push_back(to_string(*addresses.ipv4));
    if (addresses.ipv6) out.push_back(to_string(*addresses.ipv6));
    return out;
}

Json json_of(const tunnel::TrafficCount& traffic) {
    return {{"packets", traffic.packets}, {"octets", traffic.octets}};
}

Json json_of(const std::vector<tunnel::DropCount>& counts) {
    Json drops = Json::array();
    for (const tunnel::DropCount& drop : counts)
        drops.push_back({{"reason", drop.reason}, {"packets", drop.packets}});
    return drops;
}

Json json_of(const std::optional<tunnel::TunnelFigures>& figures) {
    if (!figures) return nullptr;
    Json peers = Json::array();
    for (const tunnel::PeerFigures& peer : figures->peers)
        peers.push_back({{"node", peer.node.text()},
                         {"sent", peer.sent ? json_of(*peer.sent) : Json()},
                         {"received", peer.received ? json_of(*peer.received) : Json()},
                         {"drops", json_of(peer.drops)},
                         {"path_mtu", peer.path_mtu ? Json(peer.path_mtu->value()) : Json()}});
    return {{"sent", json_of(figures->sent)},   {"received", json_of(figures->received)},
            {"drops", json_of(figures->drops)}, {"offloads", figures->offloads},
            {"notes", figures->notes},          {"peers", std::move(peers)}};
}

Json json_of(const DaemonStatus& daemon) {
    return {{"program", daemon.program}, {"pid", daemon.pid}, {"ended", daemon.ended}};
}

Json json_of(const std::optional<RegistryStatus>& registry) {
    if (!registry) return nullptr;
    return {{"name", registry->name.text()},
            {"state", to_string(registry->state)},
            {"underlay", json_of(registry->underlay)},
            {"url", registry->url},
            {"daemon", json_of(registry->daemon)}};
}

Json json_of(const NodeStatus& node) {
    Json blocks = Json::array();
    Json paths = Json::array();
    for (const tunnel::PathMtu& path : node.narrow_paths)
        paths.push_back({{"node", path.node.text()}, {"mtu", path.mtu.value()}});
    for (const IpPrefix& block : node.blocks)
        blocks.push_back(to_string(block));
    return {{"name", node.name.text()},
            {"state", to_string(node.state)},
            {"underlay", json_of(node.underlay)},
            {"overlay", json_of(node.overlay)},
            {"blocks", std::move(blocks)},
            {"backend", to_string(node.backend)},
            {"repairs", node.repairs},
            {"tunnel", json_of(node.tunnel)},
            {"narrow_paths", std::move(paths)},
            {"netns", node.netns_inode},
            {"netns_fd", node.netns_fd},
            {"daemon", node.daemon ? json_of(*node.daemon) : Json{}}};
}

Json json_of(const ContainerStatus& container) {
    return {{"name", container.name},
            {"state", container.state},
            {"restarts", container.restarts},
            {"init", container.init},
            {"ready", container.ready},
            {"reason", container.reason},
            {"message", container.message},
            {"exit_code", container.exit_code ? Json(*container.exit_code) : Json(nullptr)},
            {"last_reason", container.last_reason}};
}

Json json_of(const PodStatus& pod) {
    Json containers = Json::array();
    for (const ContainerStatus& container : pod.containers)
        containers.push_back(json_of(container));
    return {{"name", pod.name.name()},  {"namespace", pod.name.pod_namespace()},
            {"node", pod.node.text()},  {"state", to_string(pod.state)},
            {"ips", json_of(pod.ips)},  {"netns", pod.netns_inode},
            {"netns_fd", pod.netns_fd}, {"containers", std::move(containers)}};
}

}  // namespace

std::string_view to_string(Phase phase) {
    switch (phase) {
        case Phase::pending:
            return "Pending";
        case Phase::running:
            return "Running";
        case Phase::succeeded:
            return "Succeeded";
        case Phase::failed:
            return "Failed";
        case Phase::terminating:
            return "Terminating";
    }
    return "Pending";
}

std::string to_json(const LabStatus& status) {
    Json nodes = Json::array();
    for (const NodeStatus& node : status.nodes)
        nodes.push_back(json_of(node));
    Json pods = Json::array();
    for (const PodStatus& pod : status.pods)
        pods.push_back(json_of(pod));
    const Json json{{"lab", status.lab.text()},
                    {"state", to_string(status.state)},
                    {"nodes", std::move(nodes)},
                    {"pods", std::move(pods)},
                    {"vni", status.vni.value()},
                    {"port", status.tunnel_port.value()},
                    {"upkeep", status.upkeep},
                    {"underlay_fd", status.underlay_fd},
                    {"registry", json_of(status.registry)},
                    {"notes", status.notes}};
    // A container may have chosen words that are no UTF-8.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace flatlan::lab
