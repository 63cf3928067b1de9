#include "tools/reach/targets.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

#include "overlay/linux/address.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/owner_namespace.hpp"
#include "overlay/linux/rlimit.hpp"

namespace flatlan::reach {
namespace {

std::size_t count(std::span<const probe::Member> members, probe::MemberKind kind) {
    return static_cast<std::size_t>(
        std::count_if(members.begin(), members.end(),
                      [&](const probe::Member& member) { return member.kind == kind; }));
}

/// Nothing when the descriptor is not there any more: the pod was removed meanwhile.
Result<std::optional<Namespace>> open_network(const lab::LabEntry& lab, int fd) {
    auto network =
        Namespace::open("/proc/" + std::to_string(lab.pid) + "/fd/" + std::to_string(fd));
    if (network) return std::optional<Namespace>{std::move(network).value()};
    if (network.error().code() == ErrorCode::not_found) return std::optional<Namespace>{};
    return std::move(network).error();
}

bool is_global(const IpAddress& address) {
    if (address.is_ipv4()) return !address.ipv4().is_loopback() && !address.ipv4().is_link_local();
    return !address.ipv6().is_loopback() && !address.ipv6().is_link_local();
}

Result<IpAddresses> addresses_in(const Namespace& network) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(all, list_addresses(netlink));
    IpAddresses first;
    for (const InterfaceAddress& each : all)
        if (is_global(each.address) && !first.find(each.address.family())) first.set(each.address);
    return first;
}

/// A namespace of an ordinary user's programs may be entered from its own user namespace alone: the
/// process moves there.
void go_where_it_may_be_entered(const Namespace& network) {
    const auto entered = NamespaceScope::enter(network);
    if (entered || entered.error().code() != ErrorCode::forbidden) return;
    // What forbids that too is told when the namespace itself is entered.
    static_cast<void>(join_owner(network));
}

/// Nothing when there is nothing at the path (any more).
Result<std::optional<Namespace>> network_at(const std::string& path) {
    auto network = Namespace::open(path);
    if (!network) {
        Error error = std::move(network).error();
        if (error.code() == ErrorCode::not_found) return std::optional<Namespace>{};
        return error.code() == ErrorCode::forbidden
                   ? std::move(error).at("--netns").expecting(
                         "root, or namespaces of this user's programs")
                   : std::move(error).as(ErrorCode::invalid_argument).at("--netns");
    }
    if (network.value().kind() != NamespaceKind::network)
        return Error{ErrorCode::invalid_argument, "'" + path + "' is no network namespace"}
            .at("--netns")
            .expecting("a path such as /run/netns/NAME or /proc/PID/ns/net");
    return std::optional<Namespace>{std::move(network).value()};
}

}  // namespace

std::size_t Targets::pods() const { return count(members, probe::MemberKind::pod); }
std::size_t Targets::nodes() const { return count(members, probe::MemberKind::node); }

Result<Targets> targets_of_lab(const lab::LabEntry& lab, const lab::LabStatus& status) {
    FLATLAN_TRY_VOID(raise_open_files_limit());  // a descriptor for each of them
    FLATLAN_TRY_VOID(lab::enter_lab(lab));
    Targets targets{.lab = status.lab.text(),
                    .members = {},
                    .networks = {},
                    .nodes_route = true,
                    .carrier = lab.pid};
    for (const lab::PodStatus& pod : status.pods) {
        targets.members.push_back({.name = to_string(pod.name),
                                   .kind = probe::MemberKind::pod,
                                   .node = pod.node,
                                   .addresses = pod.ips});
        FLATLAN_TRY(network, open_network(lab, pod.netns_fd));
        targets.networks.push_back(std::move(network));
    }
    for (const lab::NodeStatus& node : status.nodes) {
        targets.members.push_back({.name = "node/" + node.name.text(),
                                   .kind = probe::MemberKind::node,
                                   .node = node.name,
                                   .addresses = node.overlay});
        FLATLAN_TRY(network, open_network(lab, node.netns_fd));
        targets.networks.push_back(std::move(network));
    }
    return targets;
}

Result<Targets> targets_of_paths(std::span<const std::string> paths) {
    FLATLAN_TRY_VOID(raise_open_files_limit());
    Targets targets;
    IpAddresses of_vanished;
    std::map<std::uint64_t, std::string> names;  // by the namespace's inode
    for (const std::string& path : paths) {
        targets.members.push_back({.name = "netns:" + path,
                                   .kind = probe::MemberKind::pod,
                                   .node = std::nullopt,
                                   .addresses = {}});
        FLATLAN_TRY(network, network_at(path));
        targets.networks.push_back(std::move(network));
        if (!targets.networks.back()) continue;
        const auto [known, is_new] = names.emplace(targets.networks.back()->inode(), path);
        if (!is_new)
            return Error{ErrorCode::invalid_argument,
                         "'" + path + "' is the same namespace as '" + known->second + "'"}
                .at("--netns")
                .expecting("each namespace once: containers of one pod share theirs");
        go_where_it_may_be_entered(*targets.networks.back());
        auto found = addresses_in(*targets.networks.back());
        if (!found) return std::move(found).error().within(path);
        const IpAddresses addresses = found.value();
        if (addresses.empty())
            return Error{ErrorCode::invalid_argument,
                         "'" + path + "' has no address of global scope"}
                .at("--netns")
                .expecting("a namespace whose interfaces have addresses");
        targets.members.back().addresses = addresses;
        if (addresses.find(IpFamily::ipv4)) of_vanished.set(IpAddress{Ipv4Address{}});
        if (addresses.find(IpFamily::ipv6)) of_vanished.set(IpAddress{Ipv6Address{}});
    }
    if (of_vanished.empty())
        return Error{ErrorCode::invalid_argument, "none of the namespaces is there"}
            .at("--netns")
            .expecting("paths such as /run/netns/NAME or /proc/PID/ns/net");
    for (std::size_t i = 0; i < targets.members.size(); ++i)
        if (!targets.networks[i]) targets.members[i].addresses = of_vanished;
    return targets;
}

}  // namespace flatlan::reach
