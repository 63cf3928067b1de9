#include "overlay/node/reconciler.hpp"

#include <algorithm>
#include <array>

#include "overlay/pod/sandbox/lost_routes.hpp"
#include "overlay/registry/may_pass.hpp"

namespace flatlan::node {
namespace {

using tunnel::TunnelNode;

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

bool in_any(const std::vector<IpPrefix>& prefixes, const IpAddress& address) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

/// Of the sign of life. Whoever may go on only shortly without the registry has to ask it more
/// often than that.
Duration time_to_live(const Reconciler::Options& options) {
    const Duration usual = options.time_to_live;
    return options.common.offline_max ? std::min(usual, *options.common.offline_max) : usual;
}

bool has_all(const std::optional<ipam::Lease>& lease, const IpAddresses& addresses) {
    return lease && std::all_of(kFamilies.begin(), kFamilies.end(), [&](IpFamily family) {
               const auto address = addresses.find(family);
               return !address || lease->addresses.find(family) == address;
           });
}

bool has_lost_block(const TunnelNode& before, const TunnelNode& now) {
    return std::any_of(before.blocks.begin(), before.blocks.end(),
                       [&](const IpPrefix& block) { return !in_any(now.blocks, block.address()); });
}

bool has_family(const std::vector<IpPrefix>& prefixes, IpFamily family) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const IpPrefix& prefix) { return prefix.family() == family; });
}

/// Of a block on the node's disk.
Error not_of(const ipam::ClusterPools& pools, const IpPrefix& block) {
    std::string right;
    for (const ipam::PoolSpec& pool : pools.pools())
        right += (right.empty() ? "" : ", ") + to_string(pool.cluster()) + " in blocks of /" +
                 std::to_string(pool.block_length_bits());
    return Error{ErrorCode::invalid_argument, "the node's database holds block " +
                                                  to_string(block) +
                                                  ", which is no block of the cluster's prefixes"}
        .expecting(right + ", or a state folder of its own for each cluster");
}

}  // namespace

Reconciler::Reconciler(Options options, const Parts& parts, NodeMemory memory)
    : options_{std::move(options)},
      parts_{parts},
      keys_{options_.cluster},
      keeper_{parts.registry,
              keys_,
              options_.common.pools,
              parts.leases,
              std::move(memory),
              {.node = options_.node,
               .boot = options_.boot,
               .borrowing = options_.common.borrowing,
               .time_to_live = time_to_live(options_),
               .on_change = options_.on_change}},
      registration_{parts.registry,
                    keys_,
                    {options_.node.incarnation,
                     {.name = options_.node.name,
                      .endpoint = options_.endpoint,
                      .mac = options_.mac,
                      .overlay = {},
                      .blocks = {}}}},
      directory_{options_.common.tunnel},
      state_{.self = {.name = options_.node.name,
                      .endpoint = options_.endpoint,
                      .mac = options_.mac,
                      .overlay = {},
                      .blocks = {}}} {
    if (options_.reclaim_after) reclaimer_.emplace(parts_.registry, *options_.reclaim_after);
}

Result<void> Reconciler::check_start() {
    FLATLAN_TRY(view, parts_.leases.view());
    for (const ipam::HeldBlock& held : view.blocks)
        if (options_.common.pools.find_block(held.block) == nullptr)
            return not_of(options_.common.pools, held.block);
    return registration_.check_free();
}

Result<void> Reconciler::step(Instant now) {
    auto kept = keeper_.step(now);
    for (ipam::Lease& lease : keeper_.poll_lost())
        lost_.push_back(std::move(lease));
    const auto lost = drop_lost();
    auto followed = lost ? follow() : lost;
    show(now, kept || !registry::may_pass(kept.error()));
    if (!kept && reclaimer_) reclaimer_->forget();
    if (!kept) return kept;
    note_missing();
    if (!followed) return followed;
    return reclaim(now);
}

/// From what the mirror shows to the kernel, and then to the others.
Result<void> Reconciler::follow() {
    // Before the registry has answered once nobody knows who else there is.
    if (keeper_.mirror().readings() == 0) return success();
    FLATLAN_TRY(blocks, keeper_.serving());
    for (const IpFamily family : kFamilies)
        if (options_.common.pools.has(family) && !has_family(blocks, family)) {
            joined_ = false;  // perhaps once more: it may have lost what it had
            return success();
        }
    FLATLAN_TRY(overlay, own_addresses(blocks));
    const TunnelNode self{.name = options_.node.name,
                          .endpoint = options_.endpoint,
                          .mac = options_.mac,
                          .overlay = overlay,
                          .blocks = blocks};
    // First the kernel: who reads of a node sends to it at once.
    FLATLAN_TRY_VOID(reconcile(self));
    return publish(self);
}

/// The addresses that the node itself has, out of its blocks.
Result<IpAddresses> Reconciler::own_addresses(const std::vector<IpPrefix>& blocks) {
    const auto key = ipam::LeaseKey::of_node(options_.node.name);
    FLATLAN_TRY(lease, parts_.leases.find(key));
    const auto fits = [&](IpFamily family) {
        const auto address = lease->addresses.find(family);
        return address ? in_any(blocks, *address) : !options_.common.pools.has(family);
    };
    if (lease && std::all_of(kFamilies.begin(), kFamilies.end(), fits)) return lease->addresses;
    if (lease) FLATLAN_TRY_VOID(parts_.leases.release(key));
    return parts_.leases.allocate(key, {.ipv4 = options_.common.pools.has(IpFamily::ipv4),
                                        .ipv6 = options_.common.pools.has(IpFamily::ipv6),
                                        .origin = {.boot = options_.boot, .netns = {}}});
}

Result<void> Reconciler::reconcile(const TunnelNode& self) {
    const std::lock_guard working{mutex_};
    const std::uint64_t changes = keeper_.mirror().changes();
    const bool same = applied_ && !has_lost_routes_ && self_ == self && followed_ == changes &&
                      paused_before_ == keeper_.is_paused();
    if (same) return success();
    const auto left_out = directory_.left_out();
    // The mirror may be behind what the keeper has read: only what tells it that all claims are
    // there again comes after them.
    const auto told = keeper_.mirror().find_epoch();
    const bool whole = !keeper_.is_paused() && told && told->whole;
    const bool changed = directory_.update(keeper_.mirror(), self,
                                           whole ? Completeness::whole : Completeness::gathering);
    outdated_ = true;
    if (changed) applied_ = false;
    followed_ = changes;
    paused_before_ = keeper_.is_paused();
    note_left_out(left_out);
    if (const auto refused = directory_.left_out().find(self.name);
        refused != directory_.left_out().end()) {
        self_.reset();
        has_lost_routes_ = true;
        return refused->second;
    }
    if (self_ && has_lost_block(*self_, self)) has_lost_routes_ = true;
    self_ = self;
    if (has_lost_routes_)
        FLATLAN_TRY_VOID(pod::remove_lost_routes(
            parts_.network, options_.common.tunnel.cluster_prefixes, self.blocks));
    has_lost_routes_ = false;
    if (applied_) return success();
    FLATLAN_TRY_VOID(apply());
    return success();
}

Result<void> Reconciler::publish(const TunnelNode& self) {
    if (keeper_.mirror().revision_of(keys_.cluster()) == registry::Revision{}) {
        // The registry has lost it.
        const auto written = parts_.registry.put(
            keys_.cluster(), control::to_record(options_.common), registry::Revision{});
        if (!written && written.error().code() != ErrorCode::conflict) return written.error();
    }
    FLATLAN_TRY_VOID(registration_.publish(keeper_.mirror(), self.overlay));
    joined_ = true;
    return success();
}

Result<void> Reconciler::reclaim(Instant now) {
    if (!reclaimer_) return success();
    FLATLAN_TRY(removed, reclaimer_->step(now, keeper_.mirror()));
    for (const NodeName& name : removed)
        notices_.push_back({true, "node '" + name.text() + "' has given no sign of life for " +
                                      "reclaimAfter: its blocks were taken back"});
    return success();
}

/// Names whose addresses the node has lost and takes their routes away, whether it has got another
/// block or not; after an error the next round goes on. A block that came back at once has brought
/// its leases with it.
Result<void> Reconciler::drop_lost() {
    if (lost_.empty()) return success();
    FLATLAN_TRY(blocks, keeper_.serving());
    FLATLAN_TRY_VOID(
        pod::remove_lost_routes(parts_.network, options_.common.tunnel.cluster_prefixes, blocks));
    for (; !lost_.empty(); lost_.pop_front()) {
        const ipam::Lease& lease = lost_.front();
        FLATLAN_TRY(now, parts_.leases.find(lease.key));
        // Of two blocks that it lost, the second one's lease names what it had left by then.
        if (has_all(now, lease.addresses)) continue;
        notices_.push_back({true, "the node has lost a block, and '" + lease.key.text() +
                                      "' its addresses " + ipam::text_of(lease.addresses)});
        const std::lock_guard changing{mutex_};
        if (std::find(state_.lost.begin(), state_.lost.end(), lease.key.text()) ==
            state_.lost.end())
            state_.lost.push_back(lease.key.text());
    }
    return success();
}

}  // namespace flatlan::node
