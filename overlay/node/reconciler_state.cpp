#include <algorithm>
#include <array>

#include "overlay/node/reconciler.hpp"

// What a reconciler tells of its node.
namespace flatlan::node {
namespace {

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

}  // namespace

/// What `state` answers.
void Reconciler::show(Instant now, bool registry_answers) {
    const std::lock_guard changing{mutex_};
    if (const std::uint64_t changes = keeper_.mirror().changes();
        std::exchange(shown_, changes) != changes) {
        state_.heard_at = now;
        outdated_ = true;
    }
    if (std::exchange(outdated_, false)) show_cluster();
    state_.registry_answers = registry_answers;
    // Whoever got its addresses back with the block, or others since, has lost nothing any more.
    std::erase_if(state_.lost, [&](const std::string& text) {
        const auto key = ipam::LeaseKey::from_text(text);
        if (!key) return false;
        const auto lease = parts_.leases.find(key.value());
        return lease && lease.value() &&
               std::all_of(kFamilies.begin(), kFamilies.end(), [&](IpFamily family) {
                   return !options_.common.pools.has(family) ||
                          lease.value()->addresses.find(family);
               });
    });
    const NodeMemory& memory = keeper_.memory();
    if (self_) state_.self = *self_;
    if (!joined_) state_.self.blocks.clear();
    state_.joined = joined_ && applied_;
    // Before the registry has answered once nothing is known of others.
    state_.paused = keeper_.mirror().readings() != 0 && keeper_.is_paused();
    state_.awaited = state_.paused ? keeper_.mirror().awaited() : std::vector<NodeName>{};
    state_.missing = keeper_.missing();
    state_.epoch = memory.epoch;
    // What an earlier boot heard is of another clock.
    state_.confirmed_at = memory.boot == options_.boot ? memory.confirmed_at : Instant{};
}

/// The part of it that grows with the cluster. With the mutex held.
void Reconciler::show_cluster() {
    state_.left_out = directory_.left_out();
    state_.peers.clear();
    for (const tunnel::TunnelNode& node : directory_.directory().nodes())
        if (node.name != options_.node.name)
            state_.peers.push_back({node, keeper_.mirror().is_alive(node.name)});
    state_.pools.clear();
    for (const ipam::PoolSpec& pool : options_.common.pools.pools())
        state_.pools.push_back({pool.cluster(), pool.block_count(), 0});
    for (const ipam::BlockClaim& claim : keeper_.mirror().ledger().claims())
        for (PoolClaims& pool : state_.pools)
            if (pool.pool.contains(claim.block.address())) ++pool.claimed;
}

void Reconciler::note_missing() {
    const control::WantsRecord missing = keeper_.missing();
    const control::WantsRecord before = std::exchange(missing_before_, missing);
    for (const IpFamily family : kFamilies) {
        if (missing.has(family) == before.has(family)) continue;
        const std::string name{to_string(family)};
        notices_.push_back(
            missing.has(family)
                ? Notice{true, "no " + name +
                                   " block of the cluster is free: pods are given what "
                                   "is left of this node's own blocks"}
                : Notice{false, "the node lacks no " + name + " block any more"});
    }
}

void Reconciler::note_left_out(const std::map<NodeName, Error>& before) {
    for (const auto& [name, why] : directory_.left_out())
        if (!before.contains(name))
            notices_.push_back(
                {true, "left out, so that it cannot be reached: " + why.to_string()});
}

NodeState Reconciler::state() const {
    const std::lock_guard reading{mutex_};
    return state_;
}

NodeStanding Reconciler::standing() const {
    const std::lock_guard reading{mutex_};
    return {.self = state_.self, .joined = state_.joined, .peers = state_.peers.size()};
}

Result<std::vector<PathEnd>> Reconciler::path_ends() const {
    FLATLAN_TRY(network, parts_.network.duplicate());
    std::vector<PathEnd> ends;
    ends.push_back({options_.node.name, options_.endpoint, std::move(network)});
    const std::lock_guard reading{mutex_};
    for (const tunnel::TunnelNode& node : directory_.directory().nodes())
        if (node.name != options_.node.name) ends.push_back({node.name, node.endpoint});
    return ends;
}

Result<std::vector<IpAddress>> Reconciler::poll_used() {
    const std::lock_guard working{mutex_};
    std::vector<IpAddress> used;
    if (!self_ || !applied_) return used;
    FLATLAN_TRY(sum, parts_.backend.figures(std::nullopt));
    if (std::exchange(sent_, sum.sent.packets) == sum.sent.packets) return used;
    FLATLAN_TRY(figures, parts_.backend.figures(wanted()));
    std::map<NodeName, std::uint64_t> sent_to;
    for (const tunnel::PeerFigures& peer : figures.peers)
        if (peer.sent) sent_to.emplace(peer.node, peer.sent->packets);
    for (const tunnel::TunnelNode& node : directory_.directory().nodes()) {
        const auto now = sent_to.find(node.name);
        if (now == sent_to.end()) continue;
        const auto before = sent_to_.find(node.name);
        if (now->second != (before == sent_to_.end() ? 0 : before->second))
            used.push_back(node.endpoint);
    }
    sent_to_ = std::move(sent_to);
    return used;
}

Result<tunnel::TunnelFigures> Reconciler::figures() const {
    const std::lock_guard reading{mutex_};
    if (!self_ || !applied_) return parts_.backend.figures(std::nullopt);
    return parts_.backend.figures(wanted());
}

}  // namespace flatlan::node
