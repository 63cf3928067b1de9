#include "tools/trace/lab_atlas.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

namespace flatlan::trace {
namespace {

constexpr std::string_view kUnderlay = "underlay";

Carrier carrier_of(tunnel::BackendKind backend) {
    switch (backend) {
        case tunnel::BackendKind::kernel:
            return Carrier::vxlan;
        case tunnel::BackendKind::user:
            return Carrier::opaque;
        case tunnel::BackendKind::direct:
            break;
    }
    return Carrier::plain;
}

std::string runs_in(const lab::LabStatus& status, const std::string& target) {
    return "flatlan exec --lab " + status.lab.text() + " " + target + " --";
}

std::optional<Namespace> open_network(const lab::LabEntry& lab, int fd) {
    auto network =
        Namespace::open("/proc/" + std::to_string(lab.pid) + "/fd/" + std::to_string(fd));
    if (!network) return std::nullopt;
    return std::move(network).value();
}

/// The number of the supervisor's descriptor of the underlay's router: the network namespace that
/// it holds and that is neither a pod's nor a node's.
std::optional<int> find_underlay(const lab::LabEntry& lab, const lab::LabStatus& status) {
    namespace fs = std::filesystem;
    const fs::path process = "/proc/" + std::to_string(lab.pid);
    std::error_code failed;
    std::set<std::string> known{fs::read_symlink(process / "ns" / "net", failed).string()};
    const auto add = [&](std::uint64_t inode) {
        known.insert("net:[" + std::to_string(inode) + "]");
    };
    for (const lab::PodStatus& pod : status.pods)
        add(pod.netns_inode);
    for (const lab::NodeStatus& node : status.nodes)
        add(node.netns_inode);
    for (const auto& entry : fs::directory_iterator{process / "fd", failed}) {
        const std::string held = fs::read_symlink(entry.path(), failed).string();
        if (held.starts_with("net:[") && !known.contains(held))
            return std::stoi(entry.path().filename().string());
    }
    return std::nullopt;
}

bool has_own_users(const lab::LabEntry& lab) {
    std::error_code failed;
    return std::filesystem::read_symlink("/proc/" + std::to_string(lab.pid) + "/ns/user", failed) !=
           std::filesystem::read_symlink("/proc/self/ns/user", failed);
}

/// How a command is run in a namespace for which `flatlan exec` has no name.
std::string enters(const lab::LabEntry& lab, bool own_users, int fd) {
    const std::string process = "/proc/" + std::to_string(lab.pid);
    return "nsenter " +
           (own_users ? "--user=" + process + "/ns/user --preserve-credentials " : std::string{}) +
           "--net=" + process + "/fd/" + std::to_string(fd);
}

}  // namespace

std::optional<PlaceId> LabPlaces::find(const std::string& name) const {
    const auto at = std::ranges::find(atlas.places, name, &Place::name);
    if (at == atlas.places.end()) return std::nullopt;
    return PlaceId{static_cast<std::uint32_t>(at - atlas.places.begin())};
}

Atlas atlas_of(const lab::LabStatus& status) {
    Atlas atlas;
    std::map<NodeName, PlaceId> nodes;
    for (const lab::NodeStatus& node : status.nodes)
        nodes.emplace(node.name,
                      PlaceId{static_cast<std::uint32_t>(status.pods.size() + nodes.size())});
    for (const lab::PodStatus& pod : status.pods) {
        Place place{.name = to_string(pod.name), .kind = PlaceKind::pod, .addresses = pod.ips};
        if (const auto node = nodes.find(pod.node); node != nodes.end()) place.node = node->second;
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
        place.command_prefix = runs_in(status, place.name);
        atlas.places.push_back(std::move(place));
    }
    return atlas;
}

Result<LabPlaces> places_of_lab(const lab::LabEntry& lab, const lab::LabStatus& status) {
    LabPlaces places{.atlas = atlas_of(status), .networks = {}};
    const bool own_users = has_own_users(lab);  // asked from outside, where a person is too
    FLATLAN_TRY_VOID(lab::enter_lab(lab));
    const auto underlay = find_underlay(lab, status);
    for (const lab::PodStatus& pod : status.pods)
        places.networks.push_back(open_network(lab, pod.netns_fd));
    for (const lab::NodeStatus& node : status.nodes)
        places.networks.push_back(open_network(lab, node.netns_fd));
    if (underlay) {
        places.atlas.underlay = PlaceId{static_cast<std::uint32_t>(places.networks.size())};
        places.atlas.places.push_back({.name = std::string{kUnderlay},
                                       .kind = PlaceKind::underlay,
                                       .command_prefix = enters(lab, own_users, *underlay)});
        places.networks.push_back(open_network(lab, *underlay));
    }
    for (std::size_t i = 0; i < places.networks.size(); ++i)
        places.atlas.places[i].present = places.networks[i].has_value();
    return places;
}

}  // namespace flatlan::trace
