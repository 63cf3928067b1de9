#pragma once

#include <optional>
#include <vector>

#include "ipam/block_claim.hpp"
#include "ipam/lease.hpp"
#include "ipam/node_pool.hpp"
#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/result.hpp"

namespace flatlan::ipam {

/// Where one node's blocks and leases are kept: NodePool's decisions, made to last. What a call
/// answers is durable when it returns, and a call that fails has changed nothing. May be called by
/// several threads and, where the store says so, by several processes at once.
class LeaseStore {
public:
    virtual ~LeaseStore() = default;

    /// Who this node is for the registry; drawn when the store was made.
    virtual Result<Incarnation> incarnation() = 0;

    /// As NodePool::allocate.
    virtual Result<IpAddresses> allocate(const LeaseKey& key, const AddressRequest& request) = 0;
    /// As NodePool::release.
    virtual Result<std::optional<IpAddresses>> release(const LeaseKey& key) = 0;
    virtual Result<std::optional<Lease>> find(const LeaseKey& key) = 0;

    /// As NodePool's of the same names. A block is held before its claim is confirmed, so that no
    /// confirmed claim is unknown to its owner, and serves afterwards.
    virtual Result<void> hold_block(const IpPrefix& block) = 0;
    virtual Result<void> serve_block(const IpPrefix& block) = 0;
    virtual Result<void> remove_block(const IpPrefix& block) = 0;
    virtual Result<std::vector<Lease>> revoke_block(const IpPrefix& block) = 0;

    /// As NodePool::wants_block.
    virtual Result<bool> wants_block(IpFamily family) = 0;
    virtual Result<PoolView> view() = 0;
};

}  // namespace flatlan::ipam
