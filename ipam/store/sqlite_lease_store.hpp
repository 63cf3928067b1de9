#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "ipam/lease_store.hpp"
#include "ipam/live_namespaces.hpp"
#include "ipam/reconciliation.hpp"
#include "ipam/store/lease_request.hpp"
#include "ipam/store/lease_tables.hpp"
#include "ipam/store/release_journal.hpp"
#include "ipam/store/request_board.hpp"
#include "overlay/sqlite/database.hpp"
#include "overlay/sqlite/files.hpp"
#include "overlay/sqlite/ticket_lock.hpp"

namespace flatlan::ipam {

/// The leases of a node in a database on its own disk, shared by any number of processes. Who
/// writes waits its turn in the order of arrival (FILE.lock), however many there are and whoever of
/// them is killed. Whoever has it also allocates and releases for those that wait (FILE.requests):
/// one transaction and one sync of the disk for all of them.
///
/// Decisions are NodePool's. Each process keeps one in memory and brings it up to date with what
/// others have written, under the same lock under which it then writes.
///
/// Errors besides the port's: corrupt for a database that is damaged (the file is named; `flatlan
/// ipam rebuild` makes it anew), unsupported for one of a newer version, exhausted when the disk
/// is full. After two failures the change may be there nevertheless (a lease that nobody was told
/// of is a leak, and found as one): system when the disk refuses the sync, timed_out when a wait
/// was given up (TicketLock) while another process was about to do it.
class SqliteLeaseStore final : public LeaseStore {
public:
    struct Options {
        std::filesystem::path file;
        BootId boot;                     ///< of the machine now
        std::function<Instant()> clock;  ///< goes on with the machine (CLOCK_BOOTTIME)
        PoolRules rules{};
        /// Asked by `reconcile`, and by `open` when the machine has booted since the database was
        /// last open; without it no namespace is thought alive.
        LiveNamespaces* live = nullptr;
        /// For who only looks: a database of an earlier boot stays as it is.
        bool reconciles_at_boot = true;
        /// Without it a database that is missing is an error (corrupt), and none is made: for who
        /// knows that there was one. Nobody makes one in the place of that which it had open.
        bool makes_missing = true;
        /// For a process that is over after one change: where many come at once, whoever has the
        /// turn does it, and most need not open the database at all.
        bool opens_when_needed = false;
    };

    /// Opens the database, or makes it. When the machine has booted since, it is first reconciled
    /// with the namespaces that are there. What waits in the journal of releases (FILE.releases) is
    /// done before the first change. Opened when needed, all this, and what may fail of it, belongs
    /// to the first call that needs it.
    static Result<std::unique_ptr<SqliteLeaseStore>> open(Options options);
    /// Whether there is a file that is not empty.
    static bool is_there(const std::filesystem::path& file) { return sqlite::has_content(file); }
    ~SqliteLeaseStore() override;

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

    /// Makes the leases agree with the live namespaces (reconciliation.hpp) and says what that
    /// took. A daemon that starts does so before it serves: it may have crashed.
    Result<Reconciliation> reconcile();
    /// What `open` changed because the machine had booted.
    const Reconciliation& reconciled_at_boot() const { return reconciled_at_boot_; }
    /// As `release`, of a lease that is still the same; false when it is another one by now.
    Result<bool> release_if_same(const Lease& lease);
    /// Reads the whole database. Error: corrupt.
    Result<void> check();

    /// Where those that wait for their turn say what they will do.
    static std::filesystem::path requests_of(const std::filesystem::path& file);
    /// Where releases wait when the database cannot be opened.
    static ReleaseJournal journal_of(const std::filesystem::path& file);
    /// There while a rebuild puts a new database in its place; found otherwise, it was interrupted.
    static std::filesystem::path rebuild_mark_of(const std::filesystem::path& file);

private:
    struct OpenFile {
        OpenFile(sqlite::Database&& opened, sqlite::FileIdentity whose)
            : database{std::move(opened)}, identity{whose} {}
        sqlite::Database database;
        LeaseTables tables{database};
        sqlite::FileIdentity identity;
    };
    struct Job;

    SqliteLeaseStore(Options options, sqlite::TicketLock queue);

    /// Runs `change` on the pool as it is now, in one transaction. When it fails, or the disk
    /// does, nothing has changed.
    template <typename Change>
    auto write(Change change) -> decltype(change());
    Result<void> transact(const std::function<Result<void>()>& change);
    template <typename Look>
    auto read(Look look) -> decltype(look());
    Result<void> follow_file();
    Result<void> refresh();
    Result<void> end_lease(Instant now, const Lease& lease);

    Result<LeaseAnswer> carry_out(const LeaseRequest& request);
    Result<LeaseAnswer> given_up(std::int64_t ticket, Error why);
    Result<LeaseAnswer> take_turn(std::int64_t ticket, std::vector<Job>& jobs);
    Result<void> do_jobs(std::vector<Job>& jobs);
    Result<void> do_job(Job& job);
    Result<void> announce_answers(std::vector<Job>& jobs);
    Result<void> withdraw_answers(const std::vector<Job>& jobs);
    void say_what_is_done(const std::vector<Job>& jobs);
    Result<void> make_waiting_releases();
    Result<void> reconcile_with_boot();
    Result<Reconciliation> apply_reconciliation(Instant now);
    LeaseTables& tables();
    sqlite::Database& database();

    Options options_;
    std::mutex mutex_;
    sqlite::TicketLock queue_;
    ReleaseJournal journal_;
    RequestBoard board_;
    std::unique_ptr<OpenFile> file_;  ///< empty: to be opened
    std::optional<NodePool> pool_;    ///< empty: to be loaded
    std::int64_t generation_ = 0;     ///< of the pool
    Reconciliation reconciled_at_boot_;
};

enum class Released : std::uint8_t { now, later };

/// The release that must not fail because a database cannot be used (CNI's DEL): what cannot be
/// done now waits in the journal. An error only when that cannot be written either.
Result<Released> release_or_queue(const SqliteLeaseStore::Options& options, const LeaseKey& key);

}  // namespace flatlan::ipam
