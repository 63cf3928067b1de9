#pragma once

#include <functional>
#include <optional>

#include "overlay/control/records.hpp"
#include "overlay/registry/registry.hpp"

namespace flatlan::node {

/// What a node's own settings say of the cluster that it joins; the cluster decides what they leave
/// open.
struct ClusterWish {
    std::optional<Vni> vni{};
    std::optional<Port> port{};
    std::optional<UnderlayMtu> underlay_mtu{};
    std::optional<tunnel::SenderCheck> sender_check{};
    std::optional<tunnel::PeerCounts> peer_counts{};
    std::optional<ipam::ClusterPools> pools{};
    std::optional<Duration> offline_max{};
    std::optional<Duration> reclaim_after{};
    std::optional<std::vector<IpPrefix>> excluded{};
    std::optional<std::vector<IpPrefix>> reserved{};
    std::optional<control::Borrowing> borrowing{};
    friend bool operator==(const ClusterWish&, const ClusterWish&) = default;
};

/// Error invalid_argument when the cluster is another one than the wish: it names the setting, the
/// cluster's value and the node's.
Result<void> check_wish(const ClusterWish& wish, const control::ClusterRecord& cluster);

/// The cluster as a first node makes it: as wished, and as `preset` where nothing is.
control::ClusterRecord first_cluster(const ClusterWish& wish, control::ClusterRecord preset);

/// Error invalid_argument for an excluded or reserved prefix that lies in none of the pools,
/// and for a pool of which they leave nothing.
Result<void> check_kept_back(const control::ClusterRecord& cluster);

/// Whether this node could be one of such a cluster.
using ClusterCheck = std::function<Result<void>(const control::ClusterRecord&)>;

/// What all nodes have in common, as the registry has it. Where it has nothing, what this node says
/// becomes that, if `may_make` has nothing against it: of many nodes that join at once, the
/// first's. Errors: those of `check_wish`, `check_kept_back`, `may_make` and the registry's.
Result<control::ClusterRecord> agree_on_cluster(registry::Registry& registry,
                                                const control::RecordKeys& keys,
                                                const ClusterWish& wish,
                                                const control::ClusterRecord& preset,
                                                const ClusterCheck& may_make);

}  // namespace flatlan::node
