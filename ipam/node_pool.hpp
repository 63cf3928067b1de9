#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ipam/family_pool.hpp"
#include "ipam/lease.hpp"
#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"

namespace flatlan::ipam {

/// Which addresses a holder asks for: one of each family named, all of them or none.
struct AddressRequest {
    bool ipv4 = false;
    bool ipv6 = false;
    IpAddresses wanted{};  ///< exactly these; a family that has one here need not be named above
    LeaseOrigin origin{};

    bool asks(IpFamily family) const {
        const bool named = family == IpFamily::ipv4 ? ipv4 : ipv6;
        return named || wanted.find(family).has_value();
    }
};

/// A block that a node has.
struct HeldBlock {
    IpPrefix block;
    bool serving = false;  ///< addresses are given out of it
    PoolUsage usage{};     ///< all zero until it serves
    friend bool operator==(const HeldBlock&, const HeldBlock&) = default;
};

/// Everything a pool has, as it was at one moment.
struct PoolView {
    std::vector<HeldBlock> blocks;  ///< IPv4 first, then by address
    std::vector<Lease> leases;      ///< by key
};

/// The blocks of one node, of both families, and every lease in them. This is the one allocator:
/// pods, gateways and the node's own addresses all come from it. Pure: it keeps nothing, so
/// whoever needs a lease to last writes it down (LeaseStore) before anything refers to it.
///
/// An Instant is of whatever clock the caller keeps to; one that goes back delays the end of a
/// cool-down and does no other harm.
class NodePool {
public:
    /// A node should ask for a further block when less than one address in four is free.
    static constexpr std::uint64_t kFreeShareMin = 4;

    explicit NodePool(PoolRules rules = {});

    /// Takes a block in that is claimed and not confirmed yet: nothing is given out of it. Succeeds
    /// when the block is here already. Errors: invalid_argument for more than 2^24 addresses,
    /// already_exists for one that overlaps another (which is named).
    Result<void> hold_block(const IpPrefix& block);
    /// Begins to give addresses out of a block that is held. Error: not_found.
    Result<void> serve_block(const IpPrefix& block);
    /// Both at once.
    Result<void> add_block(const IpPrefix& block);
    /// Errors: not_found, conflict while leases are in it (some of them are named).
    Result<void> remove_block(const IpPrefix& block);
    /// Forgets a block that was lost to the registry, and takes its addresses from the leases that
    /// have them; what a lease has elsewhere it keeps. Returns those leases as they were: their
    /// pods must lose these routes. Error: not_found.
    Result<std::vector<Lease>> revoke_block(const IpPrefix& block);
    /// Whether exactly this block is here, held or serving.
    bool has_block(const IpPrefix& block) const { return serves(block) || held_.contains(block); }
    bool serves(const IpPrefix& block) const;
    std::vector<IpPrefix> blocks() const;  ///< those that serve; IPv4 first, then by address

    /// Gives `key` its addresses. Errors, none of which changes anything: already_exists when the
    /// key has a lease (its addresses are named), exhausted when a family has nothing left,
    /// invalid_argument for a request of no family or a wanted address that is excluded,
    /// not_found for one outside the blocks, conflict for one that is taken (by whom is named).
    Result<IpAddresses> allocate(const LeaseKey& key, const AddressRequest& request);
    /// Ends the lease of `key` and says what it held; empty when it has none.
    std::optional<IpAddresses> release(Instant now, const LeaseKey& key);

    std::optional<Lease> find(const LeaseKey& key) const;
    /// The lease that holds `address`.
    std::optional<Lease> find(const IpAddress& address) const;
    std::vector<Lease> leases() const;  ///< by key
    std::vector<Lease> leases_in(const IpPrefix& prefix) const;
    std::size_t lease_count() const { return leases_.size(); }

    PoolUsage usage(Instant now, IpFamily family) { return pool(family).usage(now); }
    /// `block` must be one of `blocks()`.
    PoolUsage usage(Instant now, const IpPrefix& block) const;
    /// Whether the node should claim a further block (ruling 4): fewer than a quarter of the
    /// addresses that pods can have are free, cooling ones not counted.
    bool wants_block(Instant now, IpFamily family);
    PoolView view(Instant now) const;

    /// Puts back what a store remembers. A lease is taken as it is, whatever the rules say now.
    /// Errors: not_found for an address outside the blocks, corrupt for one that another lease
    /// holds or a key that has a lease.
    Result<void> restore(const Lease& lease);
    /// Freed addresses are restored in the order in which they were freed, after all leases. One
    /// that lies outside the blocks or is not fresh is passed over.
    void restore_resting(Instant freed_at, const IpAddress& address);

    const FamilyPool& pool(IpFamily family) const {
        return family == IpFamily::ipv4 ? ipv4_ : ipv6_;
    }

private:
    struct Tenancy {
        IpAddresses addresses;
        LeaseOrigin origin;
        FamilyPool::Tenant tenant;
    };
    using Leases = std::unordered_map<LeaseKey, Tenancy>;

    FamilyPool& pool(IpFamily family) { return family == IpFamily::ipv4 ? ipv4_ : ipv6_; }
    Result<IpAddress> choose(IpFamily family, const AddressRequest& request) const;
    Result<IpAddress> check_wanted(const IpAddress& address) const;
    const Leases::value_type& holder(const IpAddress& address) const;
    void hold(const LeaseKey& key, const IpAddresses& addresses, const LeaseOrigin& origin);

    FamilyPool ipv4_;
    FamilyPool ipv6_;
    std::set<IpPrefix> held_;  ///< and not serving
    Leases leases_;
    std::vector<const Leases::value_type*> tenants_;
    std::vector<FamilyPool::Tenant> vacant_;
};

}  // namespace flatlan::ipam
