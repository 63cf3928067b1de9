#include "overlay/node/block_keeper.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "overlay/node/node_removal.hpp"

namespace flatlan::node {
namespace {

using control::RollState;
using ipam::BlockClaim;
using ipam::ClaimState;
using ipam::HeldBlock;
using registry::Revision;

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

bool serves(const std::vector<HeldBlock>& blocks, const IpPrefix& block) {
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const HeldBlock& held) { return held.block == block && held.serving; });
}

Error name_is_taken(const NodeName& name) {
    return Error{ErrorCode::already_exists, "another live node has the name '" + name.text() + "'"}
        .expecting("a name of its own for each node");
}

}  // namespace

BlockKeeper::BlockKeeper(registry::Registry& registry, const control::RecordKeys& keys,
                         ipam::ClusterPools pools, ipam::LeaseStore& leases, NodeMemory memory,
                         Options options)
    : registry_{registry},
      leases_{leases},
      memory_{std::move(memory)},
      options_{std::move(options)},
      mirror_{registry, keys, std::move(pools), options_.on_change},
      claims_{registry, keys, mirror_.ledger(), options_.order},
      lending_{registry, mirror_, claims_, leases, options_.node},
      guard_{registry, mirror_, options_.node.name},
      life_{registry, mirror_.member_keys(), options_.node, options_.time_to_live} {}

Result<void> BlockKeeper::step(Instant now) {
    auto followed = mirror_.poll(Duration{0});
    if (!followed) {
        confirm_at_ = now;  // whoever answers next may be another one
        return std::move(followed).error();
    }
    const auto epoch = mirror_.find_epoch();
    if (now >= confirm_at_ || confirmed_reading_ != mirror_.readings() || is_paused() || !epoch ||
        epoch->number != memory_.epoch)
        FLATLAN_TRY_VOID(confirm(now));
    if (followed.value()) remember_members();
    FLATLAN_TRY_VOID(check_own_blocks(now));
    FLATLAN_TRY_VOID(mirror_.check_readable());
    if (is_paused()) return success();
    FLATLAN_TRY_VOID(adopt());
    FLATLAN_TRY_VOID(claim_ahead(now));
    return lend();
}

Result<std::vector<HeldBlock>> BlockKeeper::held() {
    if (!held_) {
        FLATLAN_TRY(view, leases_.view());
        held_ = std::move(view.blocks);
        adopted_.reset();
    }
    return *held_;
}

Result<std::vector<IpPrefix>> BlockKeeper::serving() {
    FLATLAN_TRY(blocks, held());
    std::vector<IpPrefix> serving;
    for (const HeldBlock& held : blocks)
        if (held.serving) serving.push_back(held.block);
    return serving;
}

std::vector<ipam::Lease> BlockKeeper::poll_lost() { return std::exchange(lost_, {}); }

/// Hears from the registry that it is the one it was, and what becomes of it if not.
Result<void> BlockKeeper::confirm(Instant now, bool lost) {
    const std::uint64_t reading = mirror_.readings();
    if (const auto alive = mirror_.find_alive(options_.node.name);
        alive && *alive != options_.node.incarnation)
        return name_is_taken(options_.node.name);
    FLATLAN_TRY(is_new, guard_.check(memory_, lost));
    const auto roll = mirror_.find_roll(options_.node.name);
    const bool awaited = roll && roll->state == RollState::awaited &&
                         roll->epoch <= guard_.epoch().number;  // else by itself, for the next
    if (is_new) {
        // Who is new here knows nobody: whom the registry names may have had more blocks.
        if (is_paused()) remember_members();
        FLATLAN_TRY_VOID(guard_.await_others(memory_.members));
        FLATLAN_TRY_VOID(publish());
    } else if (awaited) {  // by one that did not know that it has published
        FLATLAN_TRY_VOID(guard_.note_published());
    }
    memory_.epoch = guard_.epoch().number;
    memory_.registry = guard_.state();
    FLATLAN_TRY_VOID(guard_.try_finish());
    FLATLAN_TRY_VOID(
        life_.give(mirror_.revision_of(mirror_.member_keys().alive(options_.node.name))));
    memory_.boot = options_.boot;
    memory_.confirmed_at = now;
    confirmed_reading_ = reading;
    confirm_at_ = now + life_.time_to_live() / 3;
    return success();
}

Result<void> BlockKeeper::publish() {
    // What others took from it is not the node's any more, whatever the registry has lost.
    const auto roll = mirror_.find_roll(options_.node.name);
    if (roll && roll->state == RollState::removed) return success();
    FLATLAN_TRY(blocks, held());
    for (const HeldBlock& held : blocks)
        FLATLAN_TRY_VOID(publish_block(held));
    return guard_.note_published();
}

Result<void> BlockKeeper::publish_block(const HeldBlock& held) {
    const BlockClaim claim{held.block, options_.node,
                           held.serving ? ClaimState::confirmed : ClaimState::pending};
    const auto written =
        registry_.put(mirror_.keys().block(held.block), control::to_record(claim), Revision{});
    if (written || written.error().code() != ErrorCode::conflict)
        return written ? Result<void>{success()} : Result<void>{written.error()};
    FLATLAN_TRY(there, ask(held.block));
    return there && there->owner == options_.node ? success() : lose(held.block);
}

Result<std::optional<BlockClaim>> BlockKeeper::ask(const IpPrefix& block) {
    FLATLAN_TRY(record, registry_.get(mirror_.keys().block(block)));
    if (!record) return std::optional<BlockClaim>{};
    FLATLAN_TRY(claim, control::claim_from_record(record->value));
    return std::optional{claim};
}

/// A block that the registry does not call the node's any more was taken by others, or lost by the
/// registry; which of the two decides the roll.
Result<void> BlockKeeper::check_own_blocks(Instant now) {
    FLATLAN_TRY(blocks, held());
    bool vanished = false;
    for (const HeldBlock& held : blocks) {
        const BlockClaim* known = mirror_.ledger().find(held.block);
        if (known != nullptr && known->owner == options_.node) continue;
        FLATLAN_TRY(there, ask(held.block));  // the mirror may be behind
        if (there && there->owner == options_.node) continue;
        FLATLAN_TRY(roll, registry_.get(mirror_.member_keys().roll(options_.node.name)));
        bool removed = false;
        if (roll) {
            FLATLAN_TRY(entry, control::roll_from_record(roll->value));
            removed = entry.state == RollState::removed;
        }
        // Of one that does not serve yet nobody has an address: it is simply not the node's.
        if (there || removed || !held.serving)
            FLATLAN_TRY_VOID(lose(held.block));
        else
            vanished = true;
    }
    if (vanished) return confirm(now, true);
    const auto roll = mirror_.find_roll(options_.node.name);
    if (!roll || roll->state != RollState::removed) return success();
    // Whoever removes this node may be at it yet: what it keeps must not be removed under it.
    FLATLAN_TRY(kept, serving());
    for (const IpPrefix& block : kept) {
        const auto renewed = claims_.renew(options_.node, block);
        if (!renewed && renewed.error().code() != ErrorCode::conflict) return renewed.error();
        if (!renewed) FLATLAN_TRY_VOID(lose(block));
    }
    return guard_.note_published();
}

Result<void> BlockKeeper::lose(const IpPrefix& block) {
    held_.reset();
    FLATLAN_TRY(leases, leases_.revoke_block(block));
    std::move(leases.begin(), leases.end(), std::back_inserter(lost_));
    return success();
}

/// Takes in what was claimed before a crash, or by a call whose answer was lost.
Result<void> BlockKeeper::adopt() {
    FLATLAN_TRY(blocks, held());
    const std::uint64_t changes = mirror_.changes();
    if (adopted_ == changes) return success();
    for (const BlockClaim& claim : mirror_.ledger().claims_of(options_.node.name)) {
        if (claim.owner != options_.node || serves(blocks, claim.block)) continue;
        auto claimed = claims_.claim_block(options_.node, claim.block);
        if (!claimed && claimed.error().code() == ErrorCode::conflict)
            continue;  // it is gone again
        FLATLAN_TRY(found, std::move(claimed));
        FLATLAN_TRY_VOID(take(found));
    }
    adopted_ = changes;
    return success();
}

/// Phase two: first on the node's disk, then in the registry, then for use. A claim that is
/// confirmed already is written once more: this node may have asked to remove it when it last gave
/// the block up, without an answer. At a later revision that request, if it comes yet, does
/// nothing.
Result<void> BlockKeeper::take(const ClaimedBlock& claimed) {
    held_.reset();
    FLATLAN_TRY_VOID(leases_.hold_block(claimed.claim.block));
    if (auto confirmed = claims_.confirm(claimed); !confirmed) return std::move(confirmed).error();
    return leases_.serve_block(claimed.claim.block);
}

/// Whether the registry still is the one that was confirmed.
Result<bool> BlockKeeper::may_claim(Instant now) {
    FLATLAN_TRY(state, registry_.state());
    if (state.cluster != memory_.registry.cluster || state.revision < memory_.registry.revision)
        FLATLAN_TRY_VOID(confirm(now));
    memory_.registry.revision = std::max(memory_.registry.revision, state.revision);
    return !is_paused();
}

Result<void> BlockKeeper::lend() {
    if (options_.borrowing == control::Borrowing::none) return success();
    FLATLAN_TRY_VOID(lending_.ask(missing_));
    auto lent = lending_.lend();
    if (!lent || lent.value()) held_.reset();
    return lent ? success() : Result<void>{lent.error()};
}

Result<void> BlockKeeper::claim_ahead(Instant now) {
    missing_ = {};
    for (const IpFamily family : kFamilies) {
        if (!mirror_.ledger().pools().has(family)) continue;
        for (unsigned claims = 0; claims < kClaimsPerStepMax; ++claims) {
            FLATLAN_TRY(wants, leases_.wants_block(family));
            if (!wants) break;
            FLATLAN_TRY(may, may_claim(now));
            if (!may) return success();
            FLATLAN_TRY(block, claims_.claim(options_.node, family));
            // That the cluster has none left is no failure: what the node has still serves.
            if (!block) {
                missing_.set(family);
                break;
            }
            if (block->revision < memory_.registry.revision)  // it went back under our hands
                return confirm(now);
            FLATLAN_TRY_VOID(take(*block));
        }
    }
    return success();
}

Result<void> BlockKeeper::leave() {
    FLATLAN_TRY(blocks, held());
    held_.reset();
    for (const HeldBlock& held : blocks) {
        FLATLAN_TRY_VOID(leases_.remove_block(held.block));
        FLATLAN_TRY_VOID(claims_.release(options_.node, held.block));
    }
    FLATLAN_TRY_VOID(life_.end());
    FLATLAN_TRY_VOID(remove_node(registry_, mirror_.keys(), options_.node.name, Removal::forced));
    return success();
}

void BlockKeeper::remember_members() {
    std::vector<NodeName> seen = mirror_.members();
    std::vector<NodeName> all;
    std::set_union(memory_.members.begin(), memory_.members.end(), seen.begin(), seen.end(),
                   std::back_inserter(all));
    std::erase_if(all, [&](const NodeName& name) {
        const auto roll = mirror_.find_roll(name);
        return roll && roll->state == RollState::removed;
    });
    memory_.members = std::move(all);
}

}  // namespace flatlan::node
