#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ipam/block_claim.hpp"
#include "ipam/live_namespaces.hpp"
#include "ipam/node_pool.hpp"

namespace flatlan::ipam {

/// One node's IPAM and the namespaces of its machine, looked at together.
struct NodeSurvey {
    NodeIdentity node;
    PoolView pool;
    std::vector<LiveAddress> live;
    /// Leases that are kept: of a pod that a runtime has, the node itself, a gateway in use. All
    /// but gateways are missed when no namespace has their addresses; nobody else releases them.
    std::set<LeaseKey> kept;
};

/// A cluster as far as it was looked at.
struct ClusterSurvey {
    std::vector<IpPrefix> prefixes;  ///< the cluster's; what lies outside is not ours to judge
    std::vector<NodeSurvey> nodes;
    /// What the registry says; empty when it was not asked.
    struct Registry {
        std::vector<BlockClaim> claims;
        std::vector<NodeIdentity> members;
    };
    std::optional<Registry> registry;
};

/// What can be wrong. The words stand in JSON answers, so they are never renamed.
enum class FindingKind : std::uint8_t {
    duplicate_address,   ///< two leases hold it, or two namespaces have it
    overlapping_blocks,  ///< two claims or two nodes' blocks have addresses in common
    leaked_lease,        ///< nobody keeps its holder, and no namespace has its address
    namespace_missing,   ///< its holder is kept, and no namespace has its address
    unleased_address,    ///< a namespace has it and no lease of the node holds it
    orphaned_block,      ///< claimed by a node that is no member or does not have it
    unconfirmed_claim,   ///< the second phase of the claim never came
    unclaimed_block,     ///< a node gives addresses out of it and the registry does not know
};
std::string_view to_string(FindingKind kind);

/// One thing that is wrong: where, how it is known, and what helps.
struct Finding {
    FindingKind kind;
    std::string subject;   ///< the address, lease or block
    std::string node;      ///< where; empty: the registry
    std::string evidence;  ///< one sentence without a full stop
    std::string mend;      ///< what to do about it, as evidence is written
    friend auto operator<=>(const Finding&, const Finding&) = default;
};

/// Everything that is wrong, by kind and subject; each thing once. Deciding nothing and repairing
/// nothing: the same for a lab, a daemon and a database on its own.
std::vector<Finding> audit(const ClusterSurvey& survey);

/// The leases that nobody uses, which may be released when they are found again (leak_watch.hpp).
std::vector<Lease> leaked_leases(const NodeSurvey& survey);

}  // namespace flatlan::ipam
