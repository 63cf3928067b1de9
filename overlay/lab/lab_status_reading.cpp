#include "overlay/lab/lab_status.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr Phase kPhases[] = {Phase::pending, Phase::running, Phase::succeeded, Phase::failed,
                             Phase::terminating};

Result<Phase> phase_from(const Json& json) {
    const std::string word = json.get<std::string>();
    for (const Phase phase : kPhases)
        if (to_string(phase) == word) return phase;
    return Error{ErrorCode::corrupt, "'" + word + "' is no phase"};
}

Result<IpAddresses> addresses_from(const Json& json) {
    IpAddresses addresses;
    for (const Json& text : json) {
        FLATLAN_TRY(address, IpAddress::from_text(text.get<std::string>()));
        addresses.set(address);
    }
    return addresses;
}

tunnel::TrafficCount traffic_from(const Json& json) {
    return {json.at("packets").get<std::uint64_t>(), json.at("octets").get<std::uint64_t>()};
}

std::vector<tunnel::DropCount> drops_from(const Json& json) {
    std::vector<tunnel::DropCount> drops;
    for (const Json& drop : json)
        drops.push_back(
            {drop.at("reason").get<std::string>(), drop.at("packets").get<std::uint64_t>()});
    return drops;
}

Result<tunnel::PeerFigures> peer_from(const Json& json) {
    FLATLAN_TRY(name, NodeName::from(json.at("node").get<std::string>()));
    tunnel::PeerFigures peer{.node = name};
    if (!json.at("sent").is_null()) peer.sent = traffic_from(json.at("sent"));
    if (!json.at("received").is_null()) peer.received = traffic_from(json.at("received"));
    // A lab that an earlier version started does not say these.
    if (json.contains("drops")) peer.drops = drops_from(json.at("drops"));
    if (json.contains("path_mtu") && !json.at("path_mtu").is_null()) {
        FLATLAN_TRY(mtu, OverlayMtu::from(json.at("path_mtu").get<std::uint64_t>()));
        peer.path_mtu = mtu;
    }
    return peer;
}

Result<std::optional<tunnel::TunnelFigures>> figures_from(const Json& json) {
    if (json.is_null()) return std::optional<tunnel::TunnelFigures>{};
    tunnel::TunnelFigures figures{.sent = traffic_from(json.at("sent")),
                                  .received = traffic_from(json.at("received"))};
    figures.drops = drops_from(json.at("drops"));
    figures.offloads = json.at("offloads").get<std::vector<std::string>>();
    if (json.contains("notes")) figures.notes = json.at("notes").get<std::vector<std::string>>();
    for (const Json& each : json.at("peers")) {
        FLATLAN_TRY(peer, peer_from(each));
        figures.peers.push_back(std::move(peer));
    }
    return std::optional{std::move(figures)};
}

DaemonStatus daemon_from(const Json& json) {
    return {json.at("program").get<std::string>(), json.at("pid").get<int>(),
            json.at("ended").get<std::string>()};
}

Result<std::optional<RegistryStatus>> registry_from(const Json& json) {
    if (json.is_null()) return std::optional<RegistryStatus>{};
    FLATLAN_TRY(name, NodeName::from(json.at("name").get<std::string>()));
    FLATLAN_TRY(state, phase_from(json.at("state")));
    FLATLAN_TRY(underlay, addresses_from(json.at("underlay")));
    return std::optional{RegistryStatus{name, state, underlay, json.at("url").get<std::string>(),
                                        daemon_from(json.at("daemon"))}};
}

Result<NodeStatus> node_from(const Json& json) {
    FLATLAN_TRY(name, NodeName::from(json.at("name").get<std::string>()));
    NodeStatus node{.name = name};
    FLATLAN_TRY(state, phase_from(json.at("state")));
    FLATLAN_TRY(underlay, addresses_from(json.at("underlay")));
    FLATLAN_TRY(overlay, addresses_from(json.at("overlay")));
    FLATLAN_TRY(backend, tunnel::backend_from_text(json.at("backend").get<std::string>()));
    for (const Json& text : json.at("blocks")) {
        FLATLAN_TRY(block, IpPrefix::from_text(text.get<std::string>()));
        node.blocks.push_back(block);
    }
    // What a supervisor of an earlier version does not say yet is taken as empty.
    for (const Json& path : json.value("narrow_paths", Json::array())) {
        FLATLAN_TRY(other, NodeName::from(path.at("node").get<std::string>()));
        FLATLAN_TRY(mtu, UnderlayMtu::from(path.at("mtu").get<std::uint64_t>()));
        node.narrow_paths.push_back({other, mtu});
    }
    FLATLAN_TRY(figures, figures_from(json.value("tunnel", Json{})));
    node.tunnel = std::move(figures);
    node.state = state;
    node.underlay = underlay;
    node.overlay = overlay;
    node.repairs = json.value("repairs", std::uint64_t{0});
    node.backend = backend;
    node.netns_fd = json.at("netns_fd").get<int>();
    node.netns_inode = json.at("netns").get<std::uint64_t>();
    if (const Json daemon = json.value("daemon", Json{}); !daemon.is_null())
        node.daemon = daemon_from(daemon);
    return node;
}

/// The first version said no more than name, state and restarts.
ContainerStatus container_from(const Json& json) {
    ContainerStatus container{.name = json.at("name").get<std::string>(),
                              .state = json.at("state").get<std::string>(),
                              .restarts = json.at("restarts").get<std::uint64_t>(),
                              .init = json.value("init", false),
                              .ready = json.value("ready", false),
                              .reason = json.value("reason", std::string{}),
                              .message = json.value("message", std::string{}),
                              .last_reason = json.value("last_reason", std::string{})};
    if (const auto code = json.find("exit_code"); code != json.end() && !code->is_null())
        container.exit_code = code->get<int>();
    return container;
}

Result<PodStatus> pod_from(const Json& json) {
    FLATLAN_TRY(name, PodName::from(json.at("namespace").get<std::string>(),
                                    json.at("name").get<std::string>()));
    FLATLAN_TRY(node, NodeName::from(json.at("node").get<std::string>()));
    PodStatus pod{.name = name, .node = node};
    FLATLAN_TRY(state, phase_from(json.at("state")));
    FLATLAN_TRY(ips, addresses_from(json.at("ips")));
    pod.state = state;
    pod.ips = ips;
    pod.netns_fd = json.at("netns_fd").get<int>();
    pod.netns_inode = json.at("netns").get<std::uint64_t>();
    for (const Json& container : json.at("containers"))
        pod.containers.push_back(container_from(container));
    return pod;
}

Result<LabStatus> status_from(const Json& json) {
    FLATLAN_TRY(name, LabName::from(json.at("lab").get<std::string>()));
    FLATLAN_TRY(state, phase_from(json.at("state")));
    LabStatus status{.lab = name, .state = state};
    for (const Json& each : json.at("nodes")) {
        FLATLAN_TRY(node, node_from(each));
        status.nodes.push_back(std::move(node));
    }
    for (const Json& each : json.at("pods")) {
        FLATLAN_TRY(pod, pod_from(each));
        status.pods.push_back(std::move(pod));
    }
    // A lab that an earlier version started does not say these.
    FLATLAN_TRY(vni, Vni::from(json.value("vni", std::uint64_t{1})));
    FLATLAN_TRY(port, Port::from(json.value("port", std::uint64_t{kVxlanPort.value()})));
    status.vni = vni;
    status.tunnel_port = port;
    status.upkeep = json.value("upkeep", true);
    status.underlay_fd = json.value("underlay_fd", -1);
    FLATLAN_TRY(registry, registry_from(json.value("registry", Json{})));
    status.registry = std::move(registry);
    status.notes = json.value("notes", std::vector<std::string>{});
    return status;
}

template <typename Read>
auto read_status(std::string_view text, Read read) -> decltype(read(Json{})) {
    try {
        auto status = read(Json::parse(text));
        if (!status) return std::move(status).error().as(ErrorCode::corrupt);
        return status;
    } catch (const Json::exception& thrown) {
        return Error{ErrorCode::corrupt, std::string{"read a lab's status: "} + thrown.what()};
    }
}

Result<LabSummary> summary_from(const Json& json) {
    FLATLAN_TRY(state, phase_from(json.at("state")));
    return LabSummary{state, json.at("nodes").size(), json.at("pods").size()};
}

}  // namespace

Result<LabStatus> lab_status_from_json(std::string_view text) {
    return read_status(text, status_from);
}

Result<LabSummary> lab_summary_from_json(std::string_view text) {
    return read_status(text, summary_from);
}

}  // namespace flatlan::lab
