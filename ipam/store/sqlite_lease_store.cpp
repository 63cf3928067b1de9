#include "ipam/store/sqlite_lease_store.hpp"

#include <utility>

#include "overlay/base/hash.hpp"
#include "overlay/base/undo.hpp"
#include "overlay/sqlite/files.hpp"

namespace flatlan::ipam {
namespace {

/// The same for all processes that allocate by the same rules: only those may do it for each other.
std::uint64_t kind_of(const PoolRules& rules) {
    auto kind = static_cast<std::uint64_t>(rules.cool_down.count());
    for (const auto* prefixes : {&rules.excluded, &rules.reserved}) {
        kind = hash_join(kind, prefixes->size());
        for (const IpPrefix& prefix : *prefixes)
            kind = hash_join(kind, stable_hash(to_string(prefix)));
    }
    return kind;
}

}  // namespace

SqliteLeaseStore::SqliteLeaseStore(Options options, sqlite::TicketLock queue)
    : options_{std::move(options)},
      queue_{std::move(queue)},
      journal_{journal_of(options_.file)},
      board_{requests_of(options_.file), kind_of(options_.rules)} {}

SqliteLeaseStore::~SqliteLeaseStore() = default;

LeaseTables& SqliteLeaseStore::tables() { return file_->tables; }
sqlite::Database& SqliteLeaseStore::database() { return file_->database; }

std::filesystem::path SqliteLeaseStore::requests_of(const std::filesystem::path& file) {
    return file.string() + ".requests";
}

ReleaseJournal SqliteLeaseStore::journal_of(const std::filesystem::path& file) {
    return ReleaseJournal{file.string() + ".releases"};
}

std::filesystem::path SqliteLeaseStore::rebuild_mark_of(const std::filesystem::path& file) {
    return file.string() + ".rebuilding";
}

Result<std::unique_ptr<SqliteLeaseStore>> SqliteLeaseStore::open(Options options) {
    FLATLAN_TRY_VOID(sqlite::check_place(options.file));
    FLATLAN_TRY_VOID(sqlite::check_beginning(options.file));
    FLATLAN_TRY(queue, sqlite::TicketLock::open(options.file.string() + ".lock"));
    std::unique_ptr<SqliteLeaseStore> store{
        new SqliteLeaseStore{std::move(options), std::move(queue)}};
    // Else whoever opens it is told at once whether it can be used.
    if (!store->options_.opens_when_needed)
        FLATLAN_TRY_VOID(store->read([]() -> Result<void> { return success(); }));
    return store;
}

/// Opens the file that has the path now: `ipam rebuild` may have put another one there. With the
/// turn.
Result<void> SqliteLeaseStore::follow_file() {
    if (file_ && sqlite::identity_of(options_.file) == file_->identity) return success();
    if (sqlite::identity_of(rebuild_mark_of(options_.file)))
        return Error{ErrorCode::corrupt,
                     "database '" + options_.file.string() + "': its rebuild was interrupted"}
            .expecting("flatlan ipam rebuild --database " + options_.file.string());
    if ((file_ || !options_.makes_missing) && !is_there(options_.file))
        return Error{ErrorCode::corrupt, "database '" + options_.file.string() +
                                             "' is missing, and pods' leases with it"}
            .expecting("flatlan ipam rebuild --database " + options_.file.string());
    FLATLAN_TRY(database, sqlite::Database::open(options_.file, LeaseTables::kSchema));
    const auto identity = sqlite::identity_of(options_.file);
    file_ =
        std::make_unique<OpenFile>(std::move(database), identity.value_or(sqlite::FileIdentity{}));
    pool_.reset();
    if (!options_.reconciles_at_boot) return success();
    auto reconciled = reconcile_with_boot();
    if (!reconciled) file_.reset();  // so that the next call tries it again
    return reconciled;
}

/// Brings the pool up to date. Inside a transaction.
Result<void> SqliteLeaseStore::refresh() {
    FLATLAN_TRY(newest, tables().generation());
    if (pool_ && newest == generation_) return success();
    bool caught_up = false;
    if (pool_) {
        FLATLAN_TRY(done, tables().catch_up(*pool_, generation_));
        caught_up = done;
    }
    if (!caught_up) {
        pool_.emplace(options_.rules);
        FLATLAN_TRY_VOID(tables().load(*pool_));
    }
    generation_ = newest;
    return success();
}

template <typename Change>
auto SqliteLeaseStore::write(Change change) -> decltype(change()) {
    const std::lock_guard lock{mutex_};
    auto done = [&]() -> decltype(change()) {
        const auto turn = queue_.lock();
        if (!turn) return turn.error();
        FLATLAN_TRY_VOID(follow_file());
        if (!journal_.empty()) FLATLAN_TRY_VOID(make_waiting_releases());
        std::optional<decltype(change())> made;
        FLATLAN_TRY_VOID(transact([&]() -> Result<void> {
            made = change();
            if (!*made) return made->error();
            return success();
        }));
        return std::move(*made);
    }();
    // Whoever comes next has the turn meanwhile, and all that wait here share the disk's sync. A
    // change that had nothing to do syncs too: it may have seen what another has not synced yet.
    if (done) FLATLAN_TRY_VOID(database().sync());
    return done;
}

/// With the turn; to be synced.
Result<void> SqliteLeaseStore::transact(const std::function<Result<void>()>& change) {
    FLATLAN_TRY_VOID(database().begin_write());
    // Whatever fails below: SQLite forgets the change, and the pool is loaded anew.
    Undo undo{[&] {
        database().roll_back();
        pool_.reset();
    }};
    FLATLAN_TRY_VOID(refresh());
    FLATLAN_TRY_VOID(change());
    FLATLAN_TRY(newest, tables().generation());
    FLATLAN_TRY_VOID(database().commit_unsynced());
    generation_ = newest;
    undo.disarm();
    return success();
}

template <typename Look>
auto SqliteLeaseStore::read(Look look) -> decltype(look()) {
    const std::lock_guard lock{mutex_};
    if (!file_ || sqlite::identity_of(options_.file) != file_->identity) {
        const auto turn = queue_.lock();
        if (!turn) return turn.error();
        FLATLAN_TRY_VOID(follow_file());
    }
    FLATLAN_TRY_VOID(database().begin_read());
    const Undo end{[&] { database().roll_back(); }};
    Undo forget{[&] { pool_.reset(); }};
    FLATLAN_TRY_VOID(refresh());
    forget.disarm();
    return look();
}

/// In memory and in the database. Inside a transaction.
Result<void> SqliteLeaseStore::end_lease(Instant now, const Lease& lease) {
    pool_->release(now, lease.key);
    FLATLAN_TRY_VOID(tables().remove_lease(now, lease));
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        const auto address = lease.addresses.find(family);
        if (!address) continue;
        if (std::as_const(*pool_).pool(family).state(*address) == FamilyPool::State::resting)
            continue;
        // Reserved: it does not rest, and nobody freed after it has to wait for it.
        FLATLAN_TRY(forget, database().statement("DELETE FROM resting WHERE address = ?"));
        FLATLAN_TRY_VOID(forget->bind(to_string(*address)).run());
    }
    return success();
}

/// A transaction of its own on the disk, and the journal empty, before the change that follows:
/// else a crash in between could release what that change has given the same key.
Result<void> SqliteLeaseStore::make_waiting_releases() {
    return journal_.drain([&](const std::vector<LeaseKey>& keys) {
        auto released = transact([&]() -> Result<void> {
            const Instant now = options_.clock();
            for (const LeaseKey& key : keys) {
                const auto lease = pool_->find(key);
                if (!lease) continue;
                FLATLAN_TRY_VOID(end_lease(now, *lease));
            }
            return success();
        });
        return released ? database().sync() : released;
    });
}

Result<void> SqliteLeaseStore::hold_block(const IpPrefix& block) {
    return write([&]() -> Result<void> {
        if (pool_->has_block(block)) return success();
        FLATLAN_TRY_VOID(pool_->hold_block(block));
        return tables().set_block(block, false);
    });
}

Result<void> SqliteLeaseStore::serve_block(const IpPrefix& block) {
    // Before the turn, since it takes a while. Nobody is given an address of the block meanwhile.
    std::vector<LiveAddress> live;
    if (options_.live != nullptr) {
        FLATLAN_TRY(seen, options_.live->addresses());
        live = std::move(seen);
    }
    return write([&]() -> Result<void> {
        if (pool_->serves(block)) return success();
        FLATLAN_TRY_VOID(pool_->serve_block(block));
        FLATLAN_TRY_VOID(tables().set_block(block, true));
        const Instant now = options_.clock();
        for (const Lease& lease : adoptions_in(block, pool_->leases(), live, options_.boot)) {
            if (const auto known = pool_->find(lease.key)) FLATLAN_TRY_VOID(end_lease(now, *known));
            FLATLAN_TRY_VOID(pool_->restore(lease));
            FLATLAN_TRY_VOID(tables().add_lease(lease));
        }
        return success();
    });
}

Result<void> SqliteLeaseStore::remove_block(const IpPrefix& block) {
    return write([&]() -> Result<void> {
        FLATLAN_TRY_VOID(pool_->remove_block(block));
        return tables().remove_block(block);
    });
}

Result<std::vector<Lease>> SqliteLeaseStore::revoke_block(const IpPrefix& block) {
    return write([&]() -> Result<std::vector<Lease>> {
        FLATLAN_TRY(lost, pool_->revoke_block(block));
        for (const Lease& lease : lost)
            FLATLAN_TRY_VOID(tables().cut_lease(lease, block.family()));
        FLATLAN_TRY_VOID(tables().remove_block(block));
        return lost;
    });
}

Result<Incarnation> SqliteLeaseStore::incarnation() {
    return read([&] { return tables().incarnation(); });
}

Result<std::optional<Lease>> SqliteLeaseStore::find(const LeaseKey& key) {
    return read([&]() -> Result<std::optional<Lease>> { return pool_->find(key); });
}

Result<bool> SqliteLeaseStore::wants_block(IpFamily family) {
    return read([&]() -> Result<bool> { return pool_->wants_block(options_.clock(), family); });
}

Result<PoolView> SqliteLeaseStore::view() {
    return read([&]() -> Result<PoolView> { return pool_->view(options_.clock()); });
}

Result<void> SqliteLeaseStore::check() {
    return read([&] { return database().check(); });
}

Result<bool> SqliteLeaseStore::release_if_same(const Lease& lease) {
    return write([&]() -> Result<bool> {
        if (pool_->find(lease.key) != lease) return false;
        FLATLAN_TRY_VOID(end_lease(options_.clock(), lease));
        return true;
    });
}

Result<Reconciliation> SqliteLeaseStore::apply_reconciliation(Instant now) {
    std::vector<LiveAddress> live;
    if (options_.live != nullptr) {
        FLATLAN_TRY(seen, options_.live->addresses());
        live = std::move(seen);
    }
    const auto leases = pool_->leases();
    auto wanted = ipam::reconcile(leases, pool_->blocks(), live, options_.boot);
    for (const Lease& lease : wanted.release)
        FLATLAN_TRY_VOID(end_lease(now, lease));
    for (const Lease& lease : wanted.adopt) {
        FLATLAN_TRY_VOID(pool_->restore(lease));
        FLATLAN_TRY_VOID(tables().add_lease(lease));
    }
    return wanted;
}

Result<Reconciliation> SqliteLeaseStore::reconcile() {
    return write([&] { return apply_reconciliation(options_.clock()); });
}

/// With the turn.
Result<void> SqliteLeaseStore::reconcile_with_boot() {
    FLATLAN_TRY(last_boot, tables().boot());
    if (last_boot == options_.boot) return success();
    // What rests in the pool still does so since moments of an earlier boot's clock.
    const Undo load_anew{[&] { pool_.reset(); }};
    auto reconciled = transact([&]() -> Result<void> {
        const Instant now = options_.clock();
        FLATLAN_TRY_VOID(tables().set_boot(now, options_.boot));
        FLATLAN_TRY(done, apply_reconciliation(now));
        reconciled_at_boot_ = std::move(done);
        return success();
    });
    return reconciled ? database().sync() : reconciled;
}

}  // namespace flatlan::ipam
