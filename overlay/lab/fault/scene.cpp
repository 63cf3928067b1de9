#include "overlay/lab/fault/scene.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace flatlan::lab {
namespace {

constexpr std::string_view kNodePrefix = "node/";
constexpr std::string_view kUnderlay = "underlay";
/// Of nodes to the underlay, of pods to their node.
const InterfaceName kUplink{"eth0"};

FaultPlace place_of(const NodeStatus& node) {
    FaultPlace place{.name = std::string{kNodePrefix} + node.name.text(),
                     .kind = PlaceKind::node,
                     .addresses = node.overlay,
                     .node = node.name.text(),
                     .backend = node.backend,
                     .netns_fd = node.netns_fd};
    place.endpoint = node.underlay.find(IpFamily::ipv4);
    if (!place.endpoint) place.endpoint = node.underlay.find(IpFamily::ipv6);
    return place;
}

Result<FaultPlace> find_place(const LabStatus& lab, const std::string& name) {
    if (name == kUnderlay) {
        FaultPlace place{.name = name, .kind = PlaceKind::underlay, .netns_fd = lab.underlay_fd};
        if (!lab.nodes.empty()) place.backend = lab.nodes.front().backend;
        return place;
    }
    for (const NodeStatus& node : lab.nodes)
        if (name == std::string{kNodePrefix} + node.name.text()) return place_of(node);
    for (const PodStatus& pod : lab.pods) {
        if (name != to_string(pod.name)) continue;
        FaultPlace place{.name = name, .addresses = pod.ips, .netns_fd = pod.netns_fd};
        for (const NodeStatus& node : lab.nodes)
            if (node.name == pod.node) {
                const FaultPlace home = place_of(node);
                place.endpoint = home.endpoint;
                place.node = home.node;
                place.backend = home.backend;
            }
        return place;
    }
    return Error{ErrorCode::not_found, "no pod or node '" + name + "' in this lab"};
}

Result<Namespace> network_of(const FaultPlace& place) {
    UniqueFd fd{::fcntl(place.netns_fd, F_DUPFD_CLOEXEC, 0)};
    if (!fd) return Error::from_errno(errno, "open the network namespace of " + place.name);
    return Namespace::from_fd(std::move(fd));
}

}  // namespace

Result<Scene> Scene::open(const LabStatus& lab, const FaultRequest& request, unsigned number) {
    FLATLAN_TRY(at, find_place(lab, request.at));
    FLATLAN_TRY(network, network_of(at));
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    Scene scene{lab, std::move(at), std::move(network), std::move(netlink)};
    if (!request.towards.empty()) {
        FLATLAN_TRY(towards, find_place(lab, request.towards));
        scene.towards_ = std::move(towards);
    }
    scene.family_ = request.family;
    scene.number_ = number;
    return scene;
}

std::vector<IpAddress> Scene::destinations() const {
    const bool plain = at_.backend == tunnel::BackendKind::direct;
    if (at_.kind == PlaceKind::underlay && !plain) return outer_destinations();
    std::vector<IpAddress> addresses;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = towards_->addresses.find(family); address && wants(family))
            addresses.push_back(*address);
    return addresses;
}

std::vector<IpAddress> Scene::outer_destinations() const {
    if (!towards_->endpoint) return {};
    return {*towards_->endpoint};
}

Result<RouteDecision> Scene::way_to(const IpAddress& destination) {
    FLATLAN_TRY(decision, look_up_route(netlink_, {.destination = destination}));
    if (decision.refused_errno == 0 && decision.device) return decision;
    return Error{ErrorCode::not_found, at_.name + " has no way to " + to_string(destination)};
}

/// The underlay's end of a node's cable, looked up from the node's: a switch has no routes.
Result<Link> Scene::cable_of_node() {
    for (const NodeStatus& node : lab_->nodes) {
        if (node.name.text() != towards_->node) continue;
        FLATLAN_TRY(network, network_of(place_of(node)));
        FLATLAN_TRY(netlink, Netlink::open_in(network));
        FLATLAN_TRY(uplink, get_link(netlink, kUplink));
        if (uplink.peer) return get_link(netlink_, *uplink.peer);
    }
    return Error{ErrorCode::not_found, "no cable leads to " + towards_->name};
}

Result<Link> Scene::exit_link() {
    if (!towards_) return get_link(netlink_, kUplink);
    if (at_.kind == PlaceKind::underlay) return cable_of_node();
    const auto destinations = this->destinations();
    if (destinations.empty())
        return Error{ErrorCode::not_found, towards_->name + " has no address of that family"};
    FLATLAN_TRY(decision, way_to(destinations.front()));
    return get_link(netlink_, *decision.device);
}

}  // namespace flatlan::lab
