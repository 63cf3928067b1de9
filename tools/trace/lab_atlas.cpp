#include "tools/trace/lab_atlas.hpp"

#include <algorithm>
#include <map>

#include "overlay/pod/sandbox/sandbox.hpp"
#include "tools/trace/carrier.hpp"

namespace flatlan::trace {
namespace {

constexpr std::string_view kUnderlay = "underlay";
constexpr IpAddresses kGateways{.ipv4 = pod::kGatewayIpv4, .ipv6 = pod::kGatewayIpv6};

std::string runs_in(const lab::LabStatus& status, const std::string& target) {
    return "flatlan exec --lab " + status.lab.text() + " " + target + " --";
}

std::optional<Namespace> open_network(const lab::LabEntry& lab, int fd) {
    auto network =
        Namespace::open("/proc/" + std::to_string(lab.pid) + "/fd/" + std::to_string(fd));
    if (!network) return std::nullopt;
    return std::move(network).value();
}

}  // namespace

std::optional<PlaceId> LabPlaces::find(const std::string& name) const {
    const auto at = std::ranges::find(atlas.places, name, &Place::name);
    if (at == atlas.places.end()) return std::nullopt;
    return PlaceId{static_cast<std::uint32_t>(at - atlas.places.begin())};
}

Atlas atlas_of(const lab::LabStatus& status) {
    Atlas atlas;
    atlas.vni = status.vni;
    atlas.tunnel_port = status.tunnel_port;
    atlas.repair_command = "flatlan upkeep --lab " + status.lab.text() + " on";
    std::map<NodeName, PlaceId> nodes;
    for (const lab::NodeStatus& node : status.nodes)
        nodes.emplace(node.name,
                      PlaceId{static_cast<std::uint32_t>(status.pods.size() + nodes.size())});
    for (const lab::PodStatus& pod : status.pods) {
        Place place{.name = to_string(pod.name), .kind = PlaceKind::pod, .addresses = pod.ips};
        if (const auto node = nodes.find(pod.node); node != nodes.end()) place.node = node->second;
        place.gateways = kGateways;
        place.command_prefix = runs_in(status, to_short_string(pod.name));
        atlas.places.push_back(std::move(place));
    }
    for (const lab::NodeStatus& node : status.nodes) {
        Place place{.name = "node/" + node.name.text(),
                    .kind = PlaceKind::node,
                    .addresses = node.overlay,
                    .blocks = node.blocks,
                    .carrier = carrier_of(node.backend)};
        place.endpoint = node.underlay.find(IpFamily::ipv4);
        if (!place.endpoint) place.endpoint = node.underlay.find(IpFamily::ipv6);
        place.gateways = kGateways;  // to the underlay's router a node is what a pod is to a node
        place.command_prefix = runs_in(status, place.name);
        atlas.places.push_back(std::move(place));
    }
    if (status.underlay_fd >= 0) {
        atlas.underlay = PlaceId{static_cast<std::uint32_t>(atlas.places.size())};
        atlas.places.push_back({.name = std::string{kUnderlay},
                                .kind = PlaceKind::underlay,
                                .command_prefix = runs_in(status, std::string{kUnderlay})});
    }
    return atlas;
}

Result<LabPlaces> places_of_lab(const lab::LabEntry& lab, const lab::LabStatus& status) {
    LabPlaces places{.atlas = atlas_of(status), .networks = {}};
    FLATLAN_TRY_VOID(lab::enter_lab(lab));
    for (const lab::PodStatus& pod : status.pods)
        places.networks.push_back(open_network(lab, pod.netns_fd));
    for (const lab::NodeStatus& node : status.nodes)
        places.networks.push_back(open_network(lab, node.netns_fd));
    if (places.atlas.underlay) places.networks.push_back(open_network(lab, status.underlay_fd));
    for (std::size_t i = 0; i < places.networks.size(); ++i)
        places.atlas.places[i].present = places.networks[i].has_value();
    return places;
}

}  // namespace flatlan::trace
