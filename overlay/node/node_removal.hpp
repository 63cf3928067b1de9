#pragma once

#include <map>
#include <vector>

#include "overlay/node/cluster_mirror.hpp"
#include "overlay/registry/registry.hpp"

namespace flatlan::node {

/// Whether a node that gives a sign of life is removed all the same.
enum class Removal : std::uint8_t { if_gone, forced };

/// Takes a node's blocks, record and place in the roll away: `flatlan node remove NAME`. The roll
/// remembers that it was removed, so if it comes back it gives its blocks up. May be repeated; says
/// which blocks it took.
///
/// A node that is alive is not removed unless forced; what was claimed under its name by an earlier
/// incarnation, whose disk was lost, is taken back all the same. Errors: conflict for a node that
/// is alive and of which there is nothing to take; the registry's.
Result<std::vector<IpPrefix>> remove_node(registry::Registry& registry,
                                          const control::RecordKeys& keys, const NodeName& name,
                                          Removal removal);

/// Whether the registry has anything of a node of that name, be it that it was removed.
Result<bool> is_known(registry::Registry& registry, const control::RecordKeys& keys,
                      const NodeName& name);

/// Removes nodes that have given no sign of life for a time (`reclaimAfter`). It counts only what
/// it has watched itself without interruption, so it needs nobody's clock but its own.
class Reclaimer {
public:
    Reclaimer(registry::Registry& registry, Duration reclaim_after)
        : registry_{registry}, reclaim_after_{reclaim_after} {}

    /// What the mirror shows at the moment. Removes those whose time has come and names them.
    Result<std::vector<NodeName>> step(Instant now, const ClusterMirror& mirror);
    /// The registry could not be followed: what happened meanwhile is not known.
    void forget() { silent_since_.clear(); }

private:
    registry::Registry& registry_;
    Duration reclaim_after_;
    std::map<NodeName, Instant> silent_since_;
    std::uint64_t reading_ = 0;
};

}  // namespace flatlan::node
