#pragma once

#include <optional>
#include <vector>

#include "ipam/node_pool.hpp"
#include "overlay/base/ip_prefix.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/probe/cluster/probe_records.hpp"

namespace flatlan::daemon {

/// So many members of one node at most: a record of the registry must hold them.
inline constexpr std::size_t kOwnMembersMax = 300;

/// Who takes part of this node: itself, and each pod that has a lease, by the name that Kubernetes
/// has for it ("default/web") where the container's runtime told it to flatlan-cni, else by the
/// container's ID, with "/INTERFACE" where that is not eth0.
struct OwnMembers {
    probe::MemberSheet sheet;
    std::vector<std::optional<Namespace>> networks;  ///< place by place; none: it has vanished
    /// Of all addresses of the cluster's pods and nodes on the flat network.
    std::vector<IpPrefix> cluster_prefixes{};
};

/// Looks for the pods' namespaces among all of the machine. With more members than there may be, or
/// where it may not look, the sheet says so and has none.
OwnMembers find_own_members(const NodeName& node, const IpAddresses& overlay,
                            const Namespace& network, const ipam::PoolView& pool);

}  // namespace flatlan::daemon
