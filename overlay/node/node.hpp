#pragma once

#include <span>
#include <vector>

#include "ipam/node_pool.hpp"
#include "overlay/base/time.hpp"
#include "overlay/control/directory.hpp"
#include "overlay/node/block_claims.hpp"
#include "tunnel/backend.hpp"

/// One node's part of a cluster: from the registry over the control plane to the backend and to
/// IPAM.
namespace flatlan::node {

/// A node: the blocks that it owns, the addresses that it gave, and the tunnel that it keeps. Used
/// by the lab's supervisor and by the daemon alike. Not for two threads at once.
class Node {
public:
    /// `endpoint` is the underlay address of its end of the tunnel. `claims` belongs to the caller
    /// and outlives the node.
    Node(ipam::NodeIdentity identity, const IpAddress& endpoint,
         const tunnel::TunnelSettings& settings, BlockClaims& claims);

    /// Claims a first block of each of the cluster's families and takes the node's own addresses
    /// from them: after it `record` is whole and others can be told. Errors: exhausted when no
    /// block is left, or what the registry says; whatever was claimed stays the node's.
    Result<void> join(Instant now);

    /// Gives a holder its addresses, one of each family, claiming a further block when the node's
    /// are full. `record` may have changed then. Errors: exhausted, already_exists for a key that
    /// has a lease.
    Result<IpAddresses> allocate(Instant now, const ipam::LeaseKey& key);
    /// Ends a lease; nothing happens when there is none.
    void release(Instant now, const ipam::LeaseKey& key) { pool_.release(now, key); }
    /// Claims ahead of demand where fewer than a quarter of the addresses are free (ruling 4). That
    /// the cluster has no block left is no error here: what the node has still serves.
    Result<void> claim_ahead(Instant now);
    /// Gives every block back. Error conflict while a pod has an address.
    Result<void> leave(Instant now);

    /// Makes the tunnel behind `backend` what the directory says it must be. The node's own record
    /// must be in it.
    /// `narrow_paths` are this node's ways that pass less than the underlay promises.
    Result<tunnel::TunnelChange> reconcile(tunnel::Backend& backend,
                                           const control::Directory& directory,
                                           std::span<const tunnel::PathMtu> narrow_paths = {});

    /// What the other nodes must know of this one.
    const tunnel::TunnelNode& record() const { return record_; }
    const ipam::NodePool& pool() const { return pool_; }

private:
    Result<void> claim(IpFamily family);

    ipam::NodeIdentity identity_;
    std::vector<IpFamily> families_;
    BlockClaims& claims_;
    ipam::NodePool pool_;
    tunnel::TunnelNode record_;
};

}  // namespace flatlan::node
