#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "ipam/block_claim.hpp"
#include "ipam/pool_spec.hpp"

namespace flatlan::ipam {

/// In which order a node tries the free blocks.
enum class ClaimOrder : std::uint8_t {
    lowest,  ///< the lowest first: predictable, for nodes that claim one after the other
    spread,  ///< from a place that the node's name gives: many that claim at once do not meet
};

/// Which node claims which block, as far as one process knows, and which block to claim next. Only
/// the registry decides; what is chosen here may be lost to another node, which the ledger is then
/// told.
class BlockLedger {
public:
    explicit BlockLedger(ClusterPools pools);

    const ClusterPools& pools() const { return pools_; }

    /// Learns of a claim, or what has become of it.
    void put(const BlockClaim& claim);
    void remove(const IpPrefix& block);
    void clear();

    const BlockClaim* find(const IpPrefix& block) const;
    /// The claim on the block in which `address` lies.
    const BlockClaim* find(const IpAddress& address) const;
    std::vector<BlockClaim> claims() const;                         ///< IPv4 first, then by address
    std::vector<BlockClaim> claims_of(const NodeName& node) const;  ///< of any incarnation
    std::size_t size() const { return claims_.size(); }

    /// A block of `family` that nobody claims and that overlaps no claim; empty when there is none.
    std::optional<IpPrefix> choose(IpFamily family, ClaimOrder order, const NodeName& node) const;

private:
    /// The claimed blocks of one pool by number, and where to look for the lowest free one.
    struct Taken {
        std::set<std::uint64_t> numbers;
        std::uint64_t first_free = 0;
    };

    std::optional<IpPrefix> free_block(const PoolSpec& pool, const Taken& taken,
                                       std::uint64_t begin, std::uint64_t end) const;
    Taken& taken_of(const PoolSpec& pool);

    ClusterPools pools_;
    std::map<IpPrefix, BlockClaim> claims_;
    std::vector<Taken> taken_;            ///< one for each pool
    std::set<IpPrefix> of_other_length_;  ///< claims on what is no block of the pools as they are
};

}  // namespace flatlan::ipam
