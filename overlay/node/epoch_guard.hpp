#pragma once

#include <optional>
#include <vector>

#include "overlay/node/cluster_mirror.hpp"
#include "overlay/node/node_memory.hpp"
#include "overlay/registry/registry.hpp"

namespace flatlan::node {

/// Finds out when the registry is another one than the node remembers, or an earlier state of it,
/// and sees to it that nobody claims before the blocks of all members that anybody remembers are
/// in it again (ruling 2).
///
/// Whoever notices writes down that it is waited for itself, and begins an epoch. In it every
/// member writes down whom it waits for and publishes its blocks; claims are allowed again when
/// nobody is waited for. So nobody can end the epoch before the one who began it has named all
/// others.
class EpochGuard {
public:
    EpochGuard(registry::Registry& registry, const ClusterMirror& mirror, NodeName self)
        : registry_{registry},
          mirror_{mirror},
          keys_{mirror.member_keys()},
          self_{std::move(self)} {}

    /// Asks the registry what it is and compares that with what is remembered; begins an epoch
    /// where they differ. `lost`: the node has seen that the registry lost claims. True when the
    /// node has to publish its blocks in `epoch()`. Errors: the registry's; conflict when another
    /// node was quicker (ask again).
    Result<bool> check(const NodeMemory& memory, bool lost);
    /// Writes down whom the members remembered wait for; before the blocks are published.
    Result<void> await_others(const std::vector<NodeName>& members);
    /// The node's blocks are all there.
    Result<void> note_published();
    /// Allows claims again if nobody is waited for any more.
    Result<void> try_finish();

    const control::EpochRecord& epoch() const { return epoch_; }
    /// As the registry told in the last check.
    const registry::RegistryState& state() const { return state_; }

private:
    Result<void> begin(std::uint64_t number, std::uint64_t cluster);
    Result<void> await_itself(std::uint64_t number);
    Result<void> write_epoch(const control::EpochRecord& next);

    registry::Registry& registry_;
    const ClusterMirror& mirror_;
    control::MemberKeys keys_;
    NodeName self_;
    control::EpochRecord epoch_{.number = 0, .registry = 0, .whole = false};
    registry::Revision revision_;  ///< of the epoch's record
    /// Of the node's entry in the roll when this check has written it: the mirror has it later.
    std::optional<registry::Revision> own_entry_;
    registry::RegistryState state_;
};

/// Allows claims although members are waited for: `flatlan ipam rebuild --confirm`. A person says
/// by it that they will not come back; one that does loses what others have claimed meanwhile.
/// Error not_found when the cluster has no epoch yet.
Result<void> confirm_rebuild(registry::Registry& registry, const control::RecordKeys& keys);

}  // namespace flatlan::node
