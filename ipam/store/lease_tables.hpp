#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipam/block_claim.hpp"
#include "ipam/node_pool.hpp"
#include "ipam/store/lease_request.hpp"
#include "overlay/sqlite/database.hpp"

namespace flatlan::ipam {

/// The tables in which a node's blocks and leases last, and what is read from and written to them.
/// Every call happens inside a transaction of the caller's. The database must outlive it.
///
/// Beside the state they hold the newest changes, numbered without a gap: a process that knows the
/// state of one number reads what came after it instead of everything.
class LeaseTables {
public:
    static const sqlite::Schema kSchema;
    /// How many changes are remembered at least; at most twice as many.
    static constexpr std::int64_t kChangesMin = 256;

    explicit LeaseTables(sqlite::Database& database) : database_{database} {}

    /// Number of the newest change.
    Result<std::int64_t> generation();
    /// Whether the answer's change was committed: the database has it under its number. False, too,
    /// when it is forgotten by now.
    Result<bool> has_change(const LeaseRequest& request, const LeaseAnswer& answer);
    /// Fills an empty pool with everything that is there.
    Result<void> load(NodePool& pool);
    /// Brings a pool of generation `known` up to date; false when it has to be loaded anew.
    Result<bool> catch_up(NodePool& pool, std::int64_t known);

    /// The leases, and blocks (with whether they serve) in their order, one by one, as far as they
    /// can be read; what cannot is passed over. For a rebuild.
    std::vector<Lease> readable_leases();
    std::vector<std::pair<IpPrefix, bool>> readable_blocks();

    Result<Incarnation> incarnation();
    Result<void> set_incarnation(Incarnation incarnation);
    Result<BootId> boot();
    /// Notes that the machine has booted: freed addresses begin to rest anew, in their order.
    Result<void> set_boot(Instant now, const BootId& boot);

    // Each of these is one change.
    Result<void> add_lease(const Lease& lease);
    Result<void> remove_lease(Instant now, const Lease& lease);
    /// Takes its address of `family` from the lease, and ends it when none is left.
    Result<void> cut_lease(const Lease& lease, IpFamily family);
    Result<void> set_origin(const LeaseKey& key, const LeaseOrigin& origin);
    Result<void> set_block(const IpPrefix& block, bool serving);
    Result<void> remove_block(const IpPrefix& block);

private:
    /// What a change was, beside 'reload'.
    static constexpr std::string_view kLeasedMark = "lease";
    static constexpr std::string_view kReleasedMark = "release";

    Result<void> forget_resting(const IpPrefix& block);
    Result<void> note(std::string_view what, const Lease& lease, Instant at);
    Result<void> note_reload();
    Result<void> forget_old_changes();
    Result<void> load_blocks(NodePool& pool);
    Result<void> load_leases(NodePool& pool);
    Result<void> load_resting(NodePool& pool);
    /// A lease from the first five columns: key, ipv4, ipv6, boot, netns.
    Result<Lease> lease_of(const sqlite::Statement& row) const;
    Error damaged(const std::string& what) const;

    sqlite::Database& database_;
};

}  // namespace flatlan::ipam
