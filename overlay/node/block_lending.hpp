#pragma once

#include "ipam/lease_store.hpp"
#include "overlay/node/block_claims.hpp"
#include "overlay/node/cluster_mirror.hpp"

namespace flatlan::node {

/// Moves idle blocks from nodes that have them to nodes that want some, once the cluster has none
/// left (control::Borrowing::idle_blocks). Only ever whole blocks, given back to the registry and
/// claimed there in the usual two phases: at no moment two nodes give addresses out of one block.
class BlockLending {
public:
    /// All of them outlive it.
    BlockLending(registry::Registry& registry, const ClusterMirror& mirror, BlockClaims& claims,
                 ipam::LeaseStore& leases, ipam::NodeIdentity self)
        : registry_{registry},
          mirror_{mirror},
          claims_{claims},
          leases_{leases},
          self_{std::move(self)} {}

    /// Tells the others what this node wants and could not claim; withdraws it when that is
    /// nothing.
    Result<void> ask(const control::WantsRecord& wanted);

    /// Gives a block of each family back that another live node asks for: one of which no address
    /// is leased or rests, and without which the node has as much left as it wants for itself. Says
    /// whether it gave any.
    Result<bool> lend();

private:
    Result<bool> lend(IpFamily family);

    registry::Registry& registry_;
    const ClusterMirror& mirror_;
    BlockClaims& claims_;
    ipam::LeaseStore& leases_;
    ipam::NodeIdentity self_;
};

}  // namespace flatlan::node
