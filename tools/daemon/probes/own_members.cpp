#include "tools/daemon/probes/own_members.hpp"

#include "overlay/linux/machine_namespaces.hpp"

namespace flatlan::daemon {
namespace {

std::optional<Namespace> copy_of(const Namespace& network) {
    auto copy = network.duplicate();
    return copy ? std::optional{std::move(copy).value()} : std::nullopt;
}

/// A pod has one name among all its interfaces, unless it has more than one.
std::string name_of(const ipam::LeaseKey& key) {
    std::string name{key.container()};
    if (key.interface() != "eth0") name += "/" + std::string{key.interface()};
    return name;
}

OwnMembers none_because(std::string trouble) { return {{{}, std::move(trouble)}, {}}; }

}  // namespace

OwnMembers find_own_members(const NodeName& node, const IpAddresses& overlay,
                            const Namespace& network, const ipam::PoolView& pool) {
    if (pool.leases.size() > kOwnMembersMax)
        return none_because("it has " + std::to_string(pool.leases.size()) +
                            " leases, and a test takes " + std::to_string(kOwnMembersMax) +
                            " of a node at most");
    if (overlay.empty()) return none_because("it has no addresses yet");
    const auto found = find_network_namespaces();
    if (!found) return none_because(found.error().to_string());
    OwnMembers own;
    own.sheet.members.push_back({.name = "node/" + node.text(),
                                 .kind = probe::MemberKind::node,
                                 .node = node,
                                 .addresses = overlay});
    own.networks.push_back(copy_of(network));
    for (const ipam::Lease& lease : pool.leases) {
        if (lease.key.is_node()) continue;
        own.sheet.members.push_back({.name = name_of(lease.key),
                                     .kind = probe::MemberKind::pod,
                                     .node = node,
                                     .addresses = lease.addresses});
        own.networks.emplace_back();
        for (const Namespace& candidate : found.value())
            if (candidate.inode() == lease.origin.netns.value)
                own.networks.back() = copy_of(candidate);
    }
    return own;
}

}  // namespace flatlan::daemon
