#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ipam/block_claim.hpp"
#include "ipam/pool_spec.hpp"
#include "overlay/base/time.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::control {

/// The keys under which a cluster's records stand in the registry; the root keeps several clusters
/// of one registry apart.
///
///     /flatlan/v1/CLUSTER/cluster                 what all nodes have in common
///     /flatlan/v1/CLUSTER/nodes/NAME              a node
///     /flatlan/v1/CLUSTER/blocks/ADDRESS/LENGTH   the claim on a block
class RecordKeys {
public:
    explicit RecordKeys(const LabName& cluster) : root_{"/flatlan/v1/" + cluster.text() + "/"} {}

    /// What every key begins with, for lists and watches.
    const std::string& root() const { return root_; }
    std::string cluster() const { return root_ + "cluster"; }
    std::string nodes() const { return root_ + "nodes/"; }
    std::string node(const NodeName& name) const { return nodes() + name.text(); }
    std::string blocks() const { return root_ + "blocks/"; }
    std::string block(const IpPrefix& block) const { return blocks() + to_string(block); }

private:
    std::string root_;
};

/// A node as the others know it. Its blocks are not part of it: those are claims.
struct NodeRecord {
    ipam::Incarnation incarnation;
    tunnel::TunnelNode node;  ///< `blocks` is empty
    friend bool operator==(const NodeRecord&, const NodeRecord&) = default;
};

/// Whether nodes use what others have claimed, once the cluster has no block left.
enum class Borrowing : std::uint8_t {
    none,
    idle_blocks,  ///< who is asked gives back whole blocks of which no address is in use
};
/// "none" or "idle-blocks".
std::string_view to_string(Borrowing borrowing);
/// Error invalid_argument for any other word.
Result<Borrowing> borrowing_from_text(std::string_view text);

/// What every node of a cluster must agree on before it joins.
struct ClusterRecord {
    tunnel::TunnelSettings tunnel;  ///< its prefixes are those of `pools`
    ipam::ClusterPools pools;
    /// How long a node gives addresses without having heard from the registry, and after how long
    /// without a sign of life the others take its blocks; without a value for ever and never. Whole
    /// seconds; the same for all, because one node's patience is what another one relies on.
    std::optional<Duration> offline_max{};
    std::optional<Duration> reclaim_after{};
    /// Addresses that nobody is given, and those that are given only when asked for; in the pools.
    std::vector<IpPrefix> excluded{};
    std::vector<IpPrefix> reserved{};
    Borrowing borrowing = Borrowing::none;
    friend bool operator==(const ClusterRecord&, const ClusterRecord&) = default;
};

/// Records are text for people with etcdctl: the first line says what it is and in which version,
/// then one "word value" a line. Reading skips words that it does not know, so fields may be added.
///
/// Errors of reading: unsupported for a version that is newer than this program, corrupt for
/// anything else that is wrong; the text names the field.
std::string to_record(const NodeRecord& node);
std::string to_record(const ipam::BlockClaim& claim);
std::string to_record(const ClusterRecord& cluster);
Result<NodeRecord> node_from_record(std::string_view text);
Result<ipam::BlockClaim> claim_from_record(std::string_view text);
Result<ClusterRecord> cluster_from_record(std::string_view text);

}  // namespace flatlan::control
