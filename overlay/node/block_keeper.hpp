#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "ipam/lease_store.hpp"
#include "overlay/node/block_claims.hpp"
#include "overlay/node/block_lending.hpp"
#include "overlay/node/cluster_mirror.hpp"
#include "overlay/node/epoch_guard.hpp"
#include "overlay/node/node_memory.hpp"
#include "overlay/node/sign_of_life.hpp"

namespace flatlan::node {

/// Keeps a node's blocks: claims them ahead of demand, finds again what it claimed before a crash,
/// publishes them where the registry has lost them, and gives up what the node has lost. Between a
/// node's leases and the registry, decided by both; no thread of its own.
///
/// A block serves only while the registry says that it is this node's, or cannot be asked.
class BlockKeeper {
public:
    static constexpr unsigned kClaimsPerStepMax = 16;

    struct Options {
        ipam::NodeIdentity node;
        BootId boot;
        ipam::ClaimOrder order = ipam::ClaimOrder::spread;
        control::Borrowing borrowing = control::Borrowing::none;
        /// Of the sign of life; the registry is asked three times as often at least.
        Duration time_to_live = std::chrono::seconds{15};
        /// Called from any thread when the registry has told something: time for a step.
        std::function<void()> on_change{};
    };

    /// `memory` is what the node remembered when it ended last. The rest outlives the keeper.
    BlockKeeper(registry::Registry& registry, const control::RecordKeys& keys,
                ipam::ClusterPools pools, ipam::LeaseStore& leases, NodeMemory memory,
                Options options);

    /// One round: follows the registry, then does what is to be done. `now` is of CLOCK_BOOTTIME.
    /// To be called when something has changed (a lease given, a watch woken) and at
    /// `poll_timeout`; after an error soon again. Errors: the registry's, or the store's;
    /// unsupported and corrupt when a record cannot be read, and nothing is claimed until it can.
    /// already_exists while another live node has this one's name.
    Result<void> step(Instant now);
    Instant poll_timeout() const { return confirm_at_; }

    /// Leases of blocks that the node has lost, as they were: their pods must lose these routes.
    std::vector<ipam::Lease> poll_lost();
    /// Whether claims wait for other members to publish their blocks again.
    bool is_paused() const { return !guard_.epoch().whole; }
    /// The families of which the node wants a block and every one of the cluster is claimed.
    const control::WantsRecord& missing() const { return missing_; }
    /// To be saved whenever it has changed.
    const NodeMemory& memory() const { return memory_; }
    ClusterMirror& mirror() { return mirror_; }
    /// The blocks out of which addresses are given; IPv4 first, then by address.
    Result<std::vector<IpPrefix>> serving();
    /// The node ends and keeps its blocks: the others need not wait for the end of its session.
    Result<void> end_sign_of_life() { return life_.end(); }

    /// Gives every block back and says that the node is gone. Error conflict while a pod has an
    /// address.
    Result<void> leave();

private:
    /// The node's blocks as they are on its disk; nobody but the keeper changes them.
    Result<std::vector<ipam::HeldBlock>> held();
    Result<void> confirm(Instant now, bool lost = false);
    Result<void> publish();
    Result<void> publish_block(const ipam::HeldBlock& held);
    Result<void> check_own_blocks(Instant now);
    Result<void> adopt();
    Result<void> claim_ahead(Instant now);
    Result<void> lend();
    Result<bool> may_claim(Instant now);
    Result<void> take(const ClaimedBlock& claimed);
    Result<void> lose(const IpPrefix& block);
    Result<std::optional<ipam::BlockClaim>> ask(const IpPrefix& block);
    void remember_members();

    registry::Registry& registry_;
    ipam::LeaseStore& leases_;
    NodeMemory memory_;
    Options options_;
    ClusterMirror mirror_;
    BlockClaims claims_;
    BlockLending lending_;
    EpochGuard guard_;
    SignOfLife life_;
    std::optional<std::vector<ipam::HeldBlock>> held_;  ///< empty: to be read
    std::optional<std::uint64_t> adopted_;  ///< ClusterMirror::changes; empty: not with `held_`
    control::WantsRecord missing_;          ///< wanted, and every block is claimed
    std::vector<ipam::Lease> lost_;
    std::uint64_t confirmed_reading_ = 0;  ///< of the mirror, when the registry was confirmed last
    Instant confirm_at_;
};

}  // namespace flatlan::node
