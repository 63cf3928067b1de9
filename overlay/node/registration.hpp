#pragma once

#include "overlay/control/records.hpp"
#include "overlay/node/cluster_mirror.hpp"
#include "overlay/registry/registry.hpp"

namespace flatlan::node {

/// A node's own record in the registry, by which the others find it. No two live nodes have one
/// name or one underlay address; that nobody takes a name is the sign of life's part (BlockKeeper),
/// this one names who holds what before anything is written.
class Registration {
public:
    /// `record` without overlay addresses: those come from the node's blocks.
    Registration(registry::Registry& registry, const control::RecordKeys& keys,
                 control::NodeRecord record)
        : registry_{registry}, keys_{keys}, record_{std::move(record)} {}

    /// Error already_exists when another live node has the name or the underlay address; it names
    /// the node and, as `where`, which of the two ("name", "endpoint"). A node that is not alive
    /// keeps nobody away.
    Result<void> check_free();

    /// Makes the record so, unless the mirror has it so already. After the first time it looks
    /// whether another node took the underlay address in the same instant: who wrote later gives
    /// way, with the error of `check_free`.
    Result<void> publish(const ClusterMirror& mirror, const IpAddresses& overlay);

private:
    /// The live node that has this one's underlay address and whose record is older than
    /// `before`.
    Result<void> check_endpoint(registry::Revision before);

    registry::Registry& registry_;
    control::RecordKeys keys_;
    control::NodeRecord record_;
    bool checked_ = false;
};

}  // namespace flatlan::node
