#include "tools/daemon/probes/own_members.hpp"

#include <algorithm>
#include <map>

#include "overlay/linux/link.hpp"
#include "overlay/linux/machine_namespaces.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/pod/sandbox/link_alias.hpp"

namespace flatlan::daemon {
namespace {

std::optional<Namespace> copy_of(const Namespace& network) {
    auto copy = network.duplicate();
    return copy ? std::optional{std::move(copy).value()} : std::nullopt;
}

constexpr std::string_view kNodeMark = "node/";

/// What the pods of a node are called.
class PodNames {
public:
    /// `links` are those of the node. A name that two have is nobody's, nor is one of a node.
    explicit PodNames(const std::vector<Link>& links) {
        std::map<std::string, int> times;
        for (const Link& link : links) {
            pod::LinkAlias alias = pod::link_alias_from_text(link.alias);
            if (alias.pod.empty() || alias.pod.starts_with(kNodeMark)) continue;
            ++times[alias.pod + interface_of(alias.lease_key)];
            pods_.insert_or_assign(std::move(alias.lease_key), std::move(alias.pod));
        }
        std::erase_if(pods_, [&](const auto& each) {
            return times[each.second + interface_of(each.first)] > 1;
        });
    }
    /// A pod has one name among all its interfaces, unless it has more than one.
    std::string of(const ipam::LeaseKey& key) const {
        const auto told = pods_.find(key.text());
        std::string name{told == pods_.end() ? key.container() : std::string_view{told->second}};
        if (key.interface() != "eth0") name += "/" + std::string{key.interface()};
        return name;
    }

private:
    static std::string interface_of(const std::string& key) {
        return key.substr(std::min(key.rfind('/'), key.size()));
    }
    std::map<std::string, std::string> pods_;  ///< by the keys of their leases
};

Result<std::vector<Link>> links_of(const Namespace& network) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    return list_links(netlink);
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
    const auto links = links_of(network);
    if (!links) return none_because(links.error().to_string());
    const PodNames names{links.value()};
    OwnMembers own;
    own.sheet.members.push_back({.name = std::string{kNodeMark} + node.text(),
                                 .kind = probe::MemberKind::node,
                                 .node = node,
                                 .addresses = overlay});
    own.networks.push_back(copy_of(network));
    for (const ipam::Lease& lease : pool.leases) {
        if (lease.key.is_node()) continue;
        own.sheet.members.push_back({.name = names.of(lease.key),
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
