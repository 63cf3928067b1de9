#pragma once

#include <optional>

#include "ipam/block_ledger.hpp"
#include "overlay/control/records.hpp"
#include "overlay/registry/registry.hpp"

namespace flatlan::node {

/// A claim of ours as it stands in the registry.
struct ClaimedBlock {
    ipam::BlockClaim claim;
    registry::Revision revision;
};

/// Claims blocks for a node: the ledger says which to try, the registry decides. What is learnt on
/// the way goes into the ledger, so the next claim tries another block.
///
/// Phase one makes the claim ours (pending); the caller then writes the block down where its
/// leases are; phase two confirms. Each phase may be repeated: a claim that was made and whose
/// answer was lost is found again by its owner.
class BlockClaims {
public:
    /// Lost races before a claim is given up; each teaches the ledger a block that is taken.
    static constexpr unsigned kAttemptsMax = 1000;

    BlockClaims(registry::Registry& registry, control::RecordKeys keys, ipam::BlockLedger& ledger,
                ipam::ClaimOrder order)
        : registry_{registry}, keys_{std::move(keys)}, ledger_{ledger}, order_{order} {}

    /// Phase one: a block of `family` that nobody claims; empty when every block is claimed.
    /// Errors: the registry's own. After timed_out a claim may have been made: after `refresh` the
    /// ledger has it among the claims of the node.
    Result<std::optional<ClaimedBlock>> claim(const ipam::NodeIdentity& node, IpFamily family);
    /// Phase one for this block, for a static address in it. Error conflict when another node has
    /// it (which is named).
    Result<ClaimedBlock> claim_block(const ipam::NodeIdentity& node, const IpPrefix& block);
    /// Phase two. Error conflict when the claim is not ours any more: the block must not be used.
    Result<ClaimedBlock> confirm(const ClaimedBlock& pending);
    /// Writes a claim of the node's once more, so that a removal of it that is still on its way
    /// comes too late. Error conflict when it is not the node's any more.
    Result<void> renew(const ipam::NodeIdentity& node, const IpPrefix& block);
    /// Both phases at once, for nodes that keep nothing on disk. Error exhausted when every block
    /// is claimed.
    Result<IpPrefix> claim_confirmed(const ipam::NodeIdentity& node, IpFamily family);

    /// Gives a block back; succeeds when it is nobody's. Error conflict when it is another's.
    Result<void> release(const ipam::NodeIdentity& node, const IpPrefix& block);

    /// Reads all claims into the ledger anew.
    Result<void> refresh();

private:
    Result<ClaimedBlock> write(const ipam::BlockClaim& claim, registry::Revision expected);
    /// The claim on the block as the registry has it now; the ledger learns of it.
    Result<std::optional<ClaimedBlock>> read(const IpPrefix& block);

    registry::Registry& registry_;
    control::RecordKeys keys_;
    ipam::BlockLedger& ledger_;
    ipam::ClaimOrder order_;
};

}  // namespace flatlan::node
