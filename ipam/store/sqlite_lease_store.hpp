#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "ipam/lease_store.hpp"
#include "ipam/live_namespaces.hpp"
#include "ipam/store/lease_tables.hpp"
#include "overlay/sqlite/ticket_lock.hpp"

namespace flatlan::ipam {

/// The leases of a node in a database on its own disk, shared by any number of processes: one
/// transaction with one sync for each change. Who writes waits its turn in the order of arrival
/// (FILE.lock), however many there are and whoever of them is killed.
///
/// Decisions are NodePool's. Each process keeps one in memory and brings it up to date with what
/// others have written, under the same lock under which it then writes.
///
/// Errors besides the port's: corrupt for a database that is damaged (the file is named; `flatlan
/// ipam rebuild` makes it anew), unsupported for one of a newer version, exhausted when the disk
/// is full.
class SqliteLeaseStore final : public LeaseStore {
public:
    struct Options {
        std::filesystem::path file;
        BootId boot;                     ///< of the machine now
        std::function<Instant()> clock;  ///< goes on with the machine (CLOCK_BOOTTIME)
        PoolRules rules{};
        /// Asked when the machine has booted since the database was last open; without it no
        /// namespace of an earlier boot is thought alive, and none is.
        LiveNamespaces* live = nullptr;
    };

    /// Opens the database, or makes it. When the machine has booted since, first every pod's lease
    /// whose address is in no live namespace is released; node leases stay.
    static Result<std::unique_ptr<SqliteLeaseStore>> open(Options options);

    Result<Incarnation> incarnation() override;
    Result<IpAddresses> allocate(const LeaseKey& key, const AddressRequest& request) override;
    Result<std::optional<IpAddresses>> release(const LeaseKey& key) override;
    Result<std::optional<Lease>> find(const LeaseKey& key) override;
    Result<void> hold_block(const IpPrefix& block) override;
    Result<void> serve_block(const IpPrefix& block) override;
    Result<void> remove_block(const IpPrefix& block) override;
    Result<std::vector<Lease>> revoke_block(const IpPrefix& block) override;
    Result<bool> wants_block(IpFamily family) override;
    Result<PoolView> view() override;

    /// The leases that `open` released because the machine had booted; their pods are gone.
    const std::vector<Lease>& released_at_boot() const { return released_at_boot_; }
    /// Reads the whole database. Error: corrupt.
    Result<void> check();

private:
    SqliteLeaseStore(Options options, sqlite::TicketLock queue, sqlite::Database database);

    /// Runs `change` on the pool as it is now, in one transaction. When it fails, or the disk
    /// does, nothing has changed.
    template <typename Change>
    auto write(Change change) -> decltype(change());
    template <typename Look>
    auto read(Look look) -> decltype(look());
    Result<void> refresh();
    Result<void> reconcile_with_boot();
    Result<std::vector<Lease>> gone_since_boot();

    Options options_;
    std::mutex mutex_;
    sqlite::TicketLock queue_;
    sqlite::Database database_;
    LeaseTables tables_;
    std::optional<NodePool> pool_;  ///< empty: to be loaded
    std::int64_t generation_ = 0;   ///< of the pool
    std::vector<Lease> released_at_boot_;
};

}  // namespace flatlan::ipam
