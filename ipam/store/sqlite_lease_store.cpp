#include "ipam/store/sqlite_lease_store.hpp"

#include <unordered_set>
#include <utility>

#include "overlay/base/undo.hpp"

namespace flatlan::ipam {

SqliteLeaseStore::SqliteLeaseStore(Options options, sqlite::TicketLock queue,
                                   sqlite::Database database)
    : options_{std::move(options)},
      queue_{std::move(queue)},
      database_{std::move(database)},
      tables_{database_} {}

Result<std::unique_ptr<SqliteLeaseStore>> SqliteLeaseStore::open(Options options) {
    const std::filesystem::path queue_file = options.file.string() + ".lock";
    FLATLAN_TRY(queue, sqlite::TicketLock::open(queue_file));
    auto database = [&]() -> Result<sqlite::Database> {
        const auto turn = queue.lock();
        if (!turn) return turn.error();
        return sqlite::Database::open(options.file, LeaseTables::kSchema);
    }();
    if (!database) return std::move(database).error();
    std::unique_ptr<SqliteLeaseStore> store{
        new SqliteLeaseStore{std::move(options), std::move(queue), std::move(database).value()}};
    FLATLAN_TRY_VOID(store->reconcile_with_boot());
    return store;
}

/// Brings the pool up to date. Inside a transaction.
Result<void> SqliteLeaseStore::refresh() {
    FLATLAN_TRY(newest, tables_.generation());
    if (pool_ && newest == generation_) return success();
    bool caught_up = false;
    if (pool_) {
        FLATLAN_TRY(done, tables_.catch_up(*pool_, generation_));
        caught_up = done;
    }
    if (!caught_up) {
        pool_.emplace(options_.rules);
        FLATLAN_TRY_VOID(tables_.load(*pool_));
    }
    generation_ = newest;
    return success();
}

template <typename Change>
auto SqliteLeaseStore::write(Change change) -> decltype(change()) {
    const std::lock_guard lock{mutex_};
    const auto turn = queue_.lock();
    if (!turn) return turn.error();
    FLATLAN_TRY_VOID(database_.begin_write());
    // Whatever fails below: SQLite forgets the change, and the pool is loaded anew.
    Undo undo{[&] {
        database_.roll_back();
        pool_.reset();
    }};
    FLATLAN_TRY_VOID(refresh());
    auto done = change();
    if (!done) return done;
    FLATLAN_TRY(newest, tables_.generation());
    FLATLAN_TRY_VOID(database_.commit());
    generation_ = newest;
    undo.disarm();
    return done;
}

template <typename Look>
auto SqliteLeaseStore::read(Look look) -> decltype(look()) {
    const std::lock_guard lock{mutex_};
    FLATLAN_TRY_VOID(database_.begin_read());
    const Undo end{[&] { database_.roll_back(); }};
    Undo forget{[&] { pool_.reset(); }};
    FLATLAN_TRY_VOID(refresh());
    forget.disarm();
    return look();
}

Result<IpAddresses> SqliteLeaseStore::allocate(const LeaseKey& key, const AddressRequest& request) {
    return write([&]() -> Result<IpAddresses> {
        FLATLAN_TRY(addresses, pool_->allocate(key, request));
        FLATLAN_TRY_VOID(tables_.add_lease({key, addresses, request.origin}));
        return addresses;
    });
}

Result<std::optional<IpAddresses>> SqliteLeaseStore::release(const LeaseKey& key) {
    return write([&]() -> Result<std::optional<IpAddresses>> {
        const auto lease = pool_->find(key);
        if (!lease) return std::optional<IpAddresses>{};
        const Instant now = options_.clock();
        pool_->release(now, key);
        FLATLAN_TRY_VOID(tables_.remove_lease(now, *lease));
        return std::optional{lease->addresses};
    });
}

Result<void> SqliteLeaseStore::hold_block(const IpPrefix& block) {
    return write([&]() -> Result<void> {
        if (pool_->has_block(block)) return success();
        FLATLAN_TRY_VOID(pool_->hold_block(block));
        return tables_.set_block(block, false);
    });
}

Result<void> SqliteLeaseStore::serve_block(const IpPrefix& block) {
    return write([&]() -> Result<void> {
        if (pool_->serves(block)) return success();
        FLATLAN_TRY_VOID(pool_->serve_block(block));
        return tables_.set_block(block, true);
    });
}

Result<void> SqliteLeaseStore::remove_block(const IpPrefix& block) {
    return write([&]() -> Result<void> {
        FLATLAN_TRY_VOID(pool_->remove_block(block));
        return tables_.remove_block(block);
    });
}

Result<std::vector<Lease>> SqliteLeaseStore::revoke_block(const IpPrefix& block) {
    return write([&]() -> Result<std::vector<Lease>> {
        FLATLAN_TRY(lost, pool_->revoke_block(block));
        for (const Lease& lease : lost)
            FLATLAN_TRY_VOID(tables_.cut_lease(lease, block.family()));
        FLATLAN_TRY_VOID(tables_.remove_block(block));
        return lost;
    });
}

Result<Incarnation> SqliteLeaseStore::incarnation() {
    return read([&] { return tables_.incarnation(); });
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
    return read([&] { return database_.check(); });
}

/// Pods' leases of another boot whose addresses are in no namespace.
Result<std::vector<Lease>> SqliteLeaseStore::gone_since_boot() {
    std::unordered_set<IpAddress> alive;
    if (options_.live != nullptr) {
        FLATLAN_TRY(addresses, options_.live->addresses());
        for (const LiveAddress& live : addresses)
            alive.insert(live.address);
    }
    std::vector<Lease> gone;
    for (Lease& lease : pool_->leases()) {
        if (lease.key.is_node() || lease.origin.boot == options_.boot) continue;
        const auto& [ipv4, ipv6] = lease.addresses;
        if ((ipv4 && alive.contains(*ipv4)) || (ipv6 && alive.contains(*ipv6))) continue;
        gone.push_back(std::move(lease));
    }
    return gone;
}

Result<void> SqliteLeaseStore::reconcile_with_boot() {
    FLATLAN_TRY(last_boot, read([&] { return tables_.boot(); }));
    if (last_boot == options_.boot) return success();
    return write([&]() -> Result<void> {
        FLATLAN_TRY(written, tables_.boot());  // another process may have been quicker
        if (written == options_.boot) return success();
        FLATLAN_TRY(gone, gone_since_boot());
        const Instant now = options_.clock();
        FLATLAN_TRY_VOID(tables_.set_boot(now, options_.boot));
        for (const Lease& lease : gone) {
            pool_->release(now, lease.key);
            FLATLAN_TRY_VOID(tables_.remove_lease(now, lease));
        }
        released_at_boot_ = std::move(gone);
        return success();
    });
}

}  // namespace flatlan::ipam
