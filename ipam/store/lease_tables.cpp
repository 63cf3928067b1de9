#include "ipam/store/lease_tables.hpp"

#include <optional>
#include <vector>

namespace flatlan::ipam {
namespace {

constexpr IpFamily kFamilies[] = {IpFamily::ipv4, IpFamily::ipv6};

constexpr const char* kTables = R"(
    CREATE TABLE node (incarnation INTEGER NOT NULL, boot TEXT NOT NULL);
    INSERT INTO node VALUES (random(), '00000000-0000-0000-0000-000000000000');
    CREATE TABLE blocks (place INTEGER PRIMARY KEY, block TEXT NOT NULL UNIQUE,
                         serving INTEGER NOT NULL);
    CREATE TABLE leases (key TEXT PRIMARY KEY, ipv4 TEXT UNIQUE, ipv6 TEXT UNIQUE,
                         boot TEXT NOT NULL, netns INTEGER NOT NULL,
                         CHECK (ipv4 NOT NULL OR ipv6 NOT NULL)) WITHOUT ROWID;
    CREATE TABLE resting (place INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE,
                          freed_at INTEGER NOT NULL);
    CREATE TABLE changes (generation INTEGER PRIMARY KEY, what TEXT NOT NULL, key TEXT, ipv4 TEXT,
                          ipv6 TEXT, boot TEXT, netns INTEGER, at INTEGER);
    INSERT INTO changes (generation, what) VALUES (1, 'reload');
)";

constexpr const char* kIncarnation = "SELECT incarnation FROM node";
constexpr const char* kSetIncarnation = "UPDATE node SET incarnation = ?";
constexpr const char* kBoot = "SELECT boot FROM node";
constexpr const char* kSetBoot = "UPDATE node SET boot = ?";

constexpr const char* kBlocks = "SELECT block, serving FROM blocks ORDER BY place";
constexpr const char* kInsertBlock = "INSERT OR REPLACE INTO blocks (block, serving) VALUES (?, ?)";
constexpr const char* kDeleteBlock = "DELETE FROM blocks WHERE block = ?";

constexpr const char* kLeases = "SELECT key, ipv4, ipv6, boot, netns FROM leases";
constexpr const char* kInsertLease =
    "INSERT INTO leases (key, ipv4, ipv6, boot, netns) VALUES (?, ?, ?, ?, ?)";
constexpr const char* kDeleteLease = "DELETE FROM leases WHERE key = ?";
constexpr const char* kSetAddresses = "UPDATE leases SET ipv4 = ?, ipv6 = ? WHERE key = ?";
constexpr const char* kSetOrigin = "UPDATE leases SET boot = ?, netns = ? WHERE key = ?";

constexpr const char* kResting = "SELECT address, freed_at FROM resting ORDER BY place";
// As RestQueue::push: never before the newest of its family, which may be gone when this is loaded.
constexpr const char* kInsertResting =
    "INSERT INTO resting (address, freed_at) VALUES (?1, max(?2, coalesce("
    "(SELECT freed_at FROM resting WHERE (instr(address, ':') > 0) = (instr(?1, ':') > 0) "
    "ORDER BY place DESC LIMIT 1), ?2)))";
constexpr const char* kDeleteResting = "DELETE FROM resting WHERE address = ?";
constexpr const char* kRestAnew = "UPDATE resting SET freed_at = ?";

constexpr const char* kInsertChange =
    "INSERT INTO changes (what, key, ipv4, ipv6, boot, netns, at) VALUES (?, ?, ?, ?, ?, ?, ?)";
std::optional<std::string> column_of(const IpAddresses& addresses, IpFamily family) {
    const auto address = addresses.find(family);
    return address ? std::optional{to_string(*address)} : std::nullopt;
}

}  // namespace

const sqlite::Schema LeaseTables::kSchema{
    .application = 0x666c'6970,  // "flip"
    .version = 1,
    .tables = kTables,
};

Error LeaseTables::damaged(const std::string& what) const {
    return Error{ErrorCode::corrupt,
                 "database '" + database_.file().string() + "' is damaged: " + what};
}

Result<Incarnation> LeaseTables::incarnation() {
    FLATLAN_TRY(node, database_.statement(kIncarnation));
    FLATLAN_TRY(row, node->step());
    if (!row) return damaged("the table 'node' is empty");
    const Incarnation incarnation{static_cast<std::uint64_t>(node->integer(0))};
    node->reset();
    return incarnation;
}

Result<void> LeaseTables::set_incarnation(Incarnation incarnation) {
    FLATLAN_TRY(node, database_.statement(kSetIncarnation));
    return node->bind(static_cast<std::int64_t>(incarnation.value)).run();
}

Result<BootId> LeaseTables::boot() {
    FLATLAN_TRY(node, database_.statement(kBoot));
    FLATLAN_TRY(row, node->step());
    if (!row) return damaged("the table 'node' is empty");
    const auto boot = BootId::from_text(node->text(0));
    node->reset();
    if (!boot) return damaged(boot.error().text());
    return boot.value();
}

Result<void> LeaseTables::set_boot(Instant now, const BootId& boot) {
    FLATLAN_TRY(node, database_.statement(kSetBoot));
    FLATLAN_TRY_VOID(node->bind(to_string(boot)).run());
    FLATLAN_TRY(resting, database_.statement(kRestAnew));
    FLATLAN_TRY_VOID(resting->bind(now.nanoseconds()).run());
    return note_reload();
}

Result<void> LeaseTables::load(NodePool& pool) {
    FLATLAN_TRY_VOID(load_blocks(pool));
    FLATLAN_TRY_VOID(load_leases(pool));
    return load_resting(pool);
}

Result<void> LeaseTables::load_blocks(NodePool& pool) {
    FLATLAN_TRY(row, database_.statement(kBlocks));
    while (true) {
        FLATLAN_TRY(more, row->step());
        if (!more) return success();
        const auto block = IpPrefix::from_text(row->text(0));
        if (!block) return damaged(block.error().text());
        auto taken = pool.hold_block(block.value());
        if (taken && row->integer(1) != 0) taken = pool.serve_block(block.value());
        if (!taken) return damaged(taken.error().text());
    }
}

Result<void> LeaseTables::load_leases(NodePool& pool) {
    FLATLAN_TRY(row, database_.statement(kLeases));
    while (true) {
        FLATLAN_TRY(more, row->step());
        if (!more) return success();
        FLATLAN_TRY(lease, lease_of(*row));
        if (auto restored = pool.restore(lease); !restored) return damaged(restored.error().text());
    }
}

Result<void> LeaseTables::load_resting(NodePool& pool) {
    FLATLAN_TRY(row, database_.statement(kResting));
    while (true) {
        FLATLAN_TRY(more, row->step());
        if (!more) return success();
        const auto address = IpAddress::from_text(row->text(0));
        if (!address) return damaged(address.error().text());
        pool.restore_resting(Instant::from_nanoseconds(row->integer(1)), address.value());
    }
}

Result<Lease> LeaseTables::lease_of(const sqlite::Statement& row) const {
    auto key = LeaseKey::from_text(row.text(0));
    if (!key) return damaged(key.error().text());
    const auto boot = BootId::from_text(row.text(3));
    if (!boot) return damaged(boot.error().text());
    const LeaseOrigin origin{boot.value(), NetnsInode{static_cast<std::uint64_t>(row.integer(4))}};
    Lease lease{std::move(key).value(), {}, origin};
    for (const int column : {1, 2}) {
        if (row.is_null(column)) continue;
        const auto address = IpAddress::from_text(row.text(column));
        if (!address || address.value().family() != kFamilies[column - 1])
            return damaged("lease " + lease.key.text() + " has an address that is none");
        lease.addresses.set(address.value());
    }
    return lease;
}

Result<void> LeaseTables::add_lease(const Lease& lease) {
    FLATLAN_TRY(insert, database_.statement(kInsertLease));
    insert->bind(lease.key.text());
    for (const IpFamily family : kFamilies)
        insert->bind_or_null(column_of(lease.addresses, family));
    insert->bind(to_string(lease.origin.boot));
    insert->bind(static_cast<std::int64_t>(lease.origin.netns.value));
    FLATLAN_TRY_VOID(insert->run());
    FLATLAN_TRY(wake, database_.statement(kDeleteResting));
    for (const IpFamily family : kFamilies)
        if (const auto address = column_of(lease.addresses, family))
            FLATLAN_TRY_VOID(wake->bind(*address).run());
    return note(kLeasedMark, lease, Instant{});
}

Result<void> LeaseTables::remove_lease(Instant now, const Lease& lease) {
    FLATLAN_TRY(remove, database_.statement(kDeleteLease));
    FLATLAN_TRY_VOID(remove->bind(lease.key.text()).run());
    FLATLAN_TRY(rest, database_.statement(kInsertResting));
    for (const IpFamily family : kFamilies)
        if (const auto address = column_of(lease.addresses, family))
            FLATLAN_TRY_VOID(rest->bind(*address).bind(now.nanoseconds()).run());
    return note(kReleasedMark, lease, now);
}

Result<void> LeaseTables::cut_lease(const Lease& lease, IpFamily family) {
    IpAddresses left = lease.addresses;
    left.clear(family);
    if (left.empty()) {
        FLATLAN_TRY(remove, database_.statement(kDeleteLease));
        FLATLAN_TRY_VOID(remove->bind(lease.key.text()).run());
        return note_reload();
    }
    FLATLAN_TRY(set, database_.statement(kSetAddresses));
    set->bind_or_null(column_of(left, IpFamily::ipv4))
        .bind_or_null(column_of(left, IpFamily::ipv6));
    FLATLAN_TRY_VOID(set->bind(lease.key.text()).run());
    return note_reload();
}

Result<void> LeaseTables::set_origin(const LeaseKey& key, const LeaseOrigin& origin) {
    FLATLAN_TRY(set, database_.statement(kSetOrigin));
    set->bind(to_string(origin.boot)).bind(static_cast<std::int64_t>(origin.netns.value));
    FLATLAN_TRY_VOID(set->bind(key.text()).run());
    return note_reload();
}

Result<void> LeaseTables::set_block(const IpPrefix& block, bool serving) {
    FLATLAN_TRY(insert, database_.statement(kInsertBlock));
    FLATLAN_TRY_VOID(insert->bind(to_string(block)).bind(std::int64_t{serving}).run());
    return note_reload();
}

Result<void> LeaseTables::remove_block(const IpPrefix& block) {
    FLATLAN_TRY(remove, database_.statement(kDeleteBlock));
    FLATLAN_TRY_VOID(remove->bind(to_string(block)).run());
    FLATLAN_TRY_VOID(forget_resting(block));
    return note_reload();
}

Result<void> LeaseTables::forget_resting(const IpPrefix& block) {
    std::vector<std::string> inside;
    FLATLAN_TRY(row, database_.statement(kResting));
    while (true) {
        FLATLAN_TRY(more, row->step());
        if (!more) break;
        const auto address = IpAddress::from_text(row->text(0));
        if (address && block.contains(address.value())) inside.emplace_back(row->text(0));
    }
    FLATLAN_TRY(forget, database_.statement(kDeleteResting));
    for (const std::string& address : inside)
        FLATLAN_TRY_VOID(forget->bind(address).run());
    return success();
}

Result<void> LeaseTables::note(std::string_view what, const Lease& lease, Instant at) {
    FLATLAN_TRY(change, database_.statement(kInsertChange));
    change->bind(what).bind(lease.key.text());
    for (const IpFamily family : kFamilies)
        change->bind_or_null(column_of(lease.addresses, family));
    change->bind(to_string(lease.origin.boot));
    change->bind(static_cast<std::int64_t>(lease.origin.netns.value));
    FLATLAN_TRY_VOID(change->bind(at.nanoseconds()).run());
    return forget_old_changes();
}

}  // namespace flatlan::ipam
