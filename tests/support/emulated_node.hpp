#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ipam/store/memory_lease_store.hpp"
#include "overlay/node/block_keeper.hpp"
#include "tests/support/unreliable_registry.hpp"

namespace flatlan::support {

inline IpPrefix prefix_of(std::string_view text) { return IpPrefix::from_text(text).value(); }

/// One pool of /26 blocks.
inline ipam::ClusterPools pools_of(std::string_view cluster) {
    return ipam::ClusterPools::from({ipam::PoolSpec::from(prefix_of(cluster), 26).value()}).value();
}

inline control::RecordKeys test_keys() { return control::RecordKeys{LabName::from("lab").value()}; }

/// A node that claims blocks and gives addresses, without a network: its keeper, its leases, and
/// its own connection to the registry, which may misbehave. Its keeper can be killed and begun
/// anew with what was on the disk.
class EmulatedNode {
public:
    EmulatedNode(const std::string& name, registry::Registry& registry,
                 const ipam::ClusterPools& pools, std::uint64_t seed = 0, Misbehaviour odds = {})
        : identity_{NodeName::from(name).value(), ipam::Incarnation{seed + 1}},
          pools_{pools},
          seed_{seed},
          leases_{{.clock = [this] { return now_; },
                   .incarnation = identity_.incarnation,
                   .rules = {}}} {
        restart(registry, odds);
    }

    /// As after a crash: what the keeper knew is gone, memory and leases are there. It then asks
    /// this registry.
    void restart(registry::Registry& registry, Misbehaviour odds = {}) {
        if (keeper_) memory_ = keeper_->memory();
        keeper_.reset();
        connection_ = std::make_unique<UnreliableRegistry>(registry, seed_, odds);
        keeper_ = std::make_unique<node::BlockKeeper>(
            *connection_, test_keys(), pools_, leases_, memory_,
            node::BlockKeeper::Options{.node = identity_, .boot = {}, .borrowing = borrowing});
    }
    Result<void> step(Instant now) {
        now_ = now;
        auto done = keeper_->step(now);
        auto lost = keeper_->poll_lost();
        lost_.insert(lost_.end(), lost.begin(), lost.end());
        return done;
    }
    Result<IpAddresses> add_pod() {
        const auto key =
            ipam::LeaseKey::from("pods", "c" + std::to_string(pods_++), "eth0").value();
        return leases_.allocate(key, {.ipv4 = true});
    }

    /// Ends every pod but the first `keep`, which are in few blocks: the others' get idle.
    void end_pods(unsigned keep) {
        for (unsigned pod = keep; pod < pods_; ++pod)
            EXPECT_TRUE(leases_.release(
                ipam::LeaseKey::from("pods", "c" + std::to_string(pod), "eth0").value()));
    }

    std::vector<IpPrefix> serving() {
        std::vector<IpPrefix> blocks;
        const auto view = leases_.view().value();
        for (const ipam::HeldBlock& held : view.blocks)
            if (held.serving) blocks.push_back(held.block);
        return blocks;
    }
    const ipam::NodeIdentity& identity() const { return identity_; }
    const NodeName& name() const { return identity_.name; }
    node::BlockKeeper& keeper() { return *keeper_; }
    ipam::LeaseStore& leases() { return leases_; }
    UnreliableRegistry& connection() { return *connection_; }
    const std::vector<ipam::Lease>& lost() const { return lost_; }
    control::Borrowing borrowing = control::Borrowing::none;  ///< from the next restart on

private:
    ipam::NodeIdentity identity_;
    ipam::ClusterPools pools_;
    std::uint64_t seed_;
    std::unique_ptr<UnreliableRegistry> connection_;
    Instant now_;
    ipam::MemoryLeaseStore leases_;
    node::NodeMemory memory_;
    std::unique_ptr<node::BlockKeeper> keeper_;
    std::vector<ipam::Lease> lost_;
    unsigned pods_ = 0;
};

/// What is wrong with the blocks of these nodes: one that serves on two, one that the registry
/// calls another's. Empty when all is well.
inline std::string find_double_owner(const std::vector<std::unique_ptr<EmulatedNode>>& nodes,
                                     registry::Registry& registry) {
    std::map<IpPrefix, NodeName> owners;
    for (const auto& node : nodes)
        for (const IpPrefix& block : node->serving()) {
            const auto [at, is_first] = owners.emplace(block, node->name());
            if (!is_first)
                return to_string(block) + " serves on " + at->second.text() + " and " +
                       node->name().text();
            const auto record = registry.get(test_keys().block(block));
            if (!record || !record.value()) return to_string(block) + " is in no registry";
            const auto claim = control::claim_from_record(record.value()->value);
            if (!claim || claim.value().owner != node->identity())
                return to_string(block) + " serves on " + node->name().text() +
                       " and is another's in the registry";
        }
    return {};
}

}  // namespace flatlan::support
