#include "overlay/node/block_claims.hpp"

namespace flatlan::node {

using ipam::BlockClaim;
using ipam::ClaimState;
using ipam::NodeIdentity;
using registry::Revision;

namespace {

Error belongs_to_another(const BlockClaim& claim) {
    return Error{ErrorCode::conflict, "block " + to_string(claim.block) + " belongs to node '" +
                                          claim.owner.name.text() + "'"};
}

}  // namespace

Result<std::optional<ClaimedBlock>> BlockClaims::claim(const NodeIdentity& node, IpFamily family) {
    for (unsigned attempt = 0; attempt < kAttemptsMax; ++attempt) {
        const auto block = ledger_.choose(family, order_, node.name);
        if (!block) return std::optional<ClaimedBlock>{};
        auto claimed = claim_block(node, *block);
        if (claimed) return std::optional{std::move(claimed).value()};
        if (claimed.error().code() != ErrorCode::conflict) return std::move(claimed).error();
    }
    return Error{ErrorCode::unavailable,
                 "lost " + std::to_string(kAttemptsMax) + " blocks in a row to other nodes"};
}

Result<ClaimedBlock> BlockClaims::claim_block(const NodeIdentity& node, const IpPrefix& block) {
    if (ledger_.pools().find_block(block) == nullptr)
        return Error{ErrorCode::invalid_argument,
                     to_string(block) + " is no block of the cluster's prefixes"};
    auto written = write({block, node, ClaimState::pending}, Revision{});
    if (written || written.error().code() != ErrorCode::conflict) return written;

    FLATLAN_TRY(found, read(block));
    if (!found) return Error{ErrorCode::conflict, "block " + to_string(block) + " was given back"};
    if (found->claim.owner == node) return *found;  // ours: its answer had been lost
    return belongs_to_another(found->claim);
}

Result<ClaimedBlock> BlockClaims::confirm(const ClaimedBlock& pending) {
    BlockClaim confirmed = pending.claim;
    confirmed.state = ClaimState::confirmed;
    auto written = write(confirmed, pending.revision);
    if (written || written.error().code() != ErrorCode::conflict) return written;

    FLATLAN_TRY(found, read(pending.claim.block));
    if (found && found->claim == confirmed) return *found;
    return Error{ErrorCode::conflict,
                 "block " + to_string(pending.claim.block) + " is no longer claimed by this node"};
}

Result<void> BlockClaims::renew(const NodeIdentity& node, const IpPrefix& block) {
    FLATLAN_TRY(found, read(block));
    if (!found) return Error{ErrorCode::conflict, "block " + to_string(block) + " is nobody's"};
    if (found->claim.owner != node) return belongs_to_another(found->claim);
    FLATLAN_TRY_VOID(confirm(*found));
    return success();
}

Result<IpPrefix> BlockClaims::claim_confirmed(const NodeIdentity& node, IpFamily family) {
    FLATLAN_TRY(pending, claim(node, family));
    if (!pending)
        return Error{ErrorCode::exhausted,
                     "every " + std::string{to_string(family)} + " block is claimed"};
    if (pending->claim.state == ClaimState::confirmed) return pending->claim.block;
    FLATLAN_TRY(confirmed, confirm(*pending));
    return confirmed.claim.block;
}

Result<void> BlockClaims::release(const NodeIdentity& node, const IpPrefix& block) {
    FLATLAN_TRY(found, read(block));
    if (!found) return success();
    if (found->claim.owner != node) return belongs_to_another(found->claim);
    FLATLAN_TRY_VOID(registry_.remove(keys_.block(block), found->revision));
    ledger_.remove(block);
    return success();
}

Result<void> BlockClaims::refresh() {
    ledger_.clear();
    return for_each_record(registry_, keys_.blocks(),
                           [&](const registry::Record& record) -> Result<void> {
                               FLATLAN_TRY(claim, control::claim_from_record(record.value));
                               ledger_.put(claim);
                               return success();
                           });
}

Result<ClaimedBlock> BlockClaims::write(const BlockClaim& claim, Revision expected) {
    FLATLAN_TRY(revision,
                registry_.put(keys_.block(claim.block), control::to_record(claim), expected));
    ledger_.put(claim);
    return ClaimedBlock{claim, revision};
}

Result<std::optional<ClaimedBlock>> BlockClaims::read(const IpPrefix& block) {
    FLATLAN_TRY(record, registry_.get(keys_.block(block)));
    if (!record) {
        ledger_.remove(block);
        return std::optional<ClaimedBlock>{};
    }
    FLATLAN_TRY(claim, control::claim_from_record(record->value));
    ledger_.put(claim);
    return std::optional{ClaimedBlock{claim, record->revision}};
}

}  // namespace flatlan::node
