#include "overlay/registry/sqlite/registry_tables.hpp"

#include "overlay/base/check.hpp"

namespace flatlan::registry {
namespace {

constexpr const char* kTables = R"(
    CREATE TABLE registry (cluster INTEGER NOT NULL, revision INTEGER NOT NULL,
                           forgotten INTEGER NOT NULL, boot TEXT NOT NULL);
    INSERT INTO registry
        VALUES (1 + abs(random() >> 1), 0, 0, '00000000-0000-0000-0000-000000000000');
    CREATE TABLE records (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL,
                          session INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX records_by_session ON records (session) WHERE session != 0;
    CREATE TABLE changes (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT,
                          session INTEGER NOT NULL, removed INTEGER NOT NULL);
    CREATE TABLE sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, time_to_live INTEGER NOT NULL,
                           ends_at INTEGER NOT NULL);
)";

constexpr const char* kState = "SELECT cluster, revision FROM registry";
constexpr const char* kForgotten = "SELECT forgotten FROM registry";
constexpr const char* kBoot = "SELECT boot FROM registry";
constexpr const char* kNextRevision =
    "UPDATE registry SET revision = revision + 1 RETURNING revision";
constexpr const char* kSetForgotten = "UPDATE registry SET forgotten = ?";
constexpr const char* kSetBoot = "UPDATE registry SET boot = ?";

constexpr const char* kFind = "SELECT key, value, revision, session FROM records WHERE key = ?";
// A range that ends nowhere has the empty text as its end.
constexpr const char* kList =
    "SELECT key, value, revision, session FROM records "
    "WHERE key >= ?1 AND key > ?2 AND (?3 = '' OR key < ?3) ORDER BY key LIMIT ?4";
constexpr const char* kWrite =
    "INSERT OR REPLACE INTO records (key, value, revision, session) VALUES (?, ?, ?, ?)";
constexpr const char* kDelete = "DELETE FROM records WHERE key = ?";
constexpr const char* kOfSession = "SELECT key FROM records WHERE session = ? AND session != 0";

constexpr const char* kChangesAfter =
    "SELECT key, value, revision, session, removed FROM changes "
    "WHERE revision > ?1 AND key >= ?2 AND (?3 = '' OR key < ?3) ORDER BY revision LIMIT ?4";
constexpr const char* kNote =
    "INSERT INTO changes (revision, key, value, session, removed) VALUES (?, ?, ?, ?, ?)";
constexpr const char* kForget = "DELETE FROM changes WHERE revision <= ?";

constexpr const char* kAddSession =
    "INSERT INTO sessions (time_to_live, ends_at) VALUES (?, ?) RETURNING id";
constexpr const char* kTimeToLive = "SELECT time_to_live FROM sessions WHERE id = ?";
constexpr const char* kProlong = "UPDATE sessions SET ends_at = ? WHERE id = ?";
constexpr const char* kDeleteSession = "DELETE FROM sessions WHERE id = ?";
constexpr const char* kNextEnd = "SELECT min(ends_at) FROM sessions";
constexpr const char* kEnded = "SELECT id FROM sessions WHERE ends_at <= ?";
constexpr const char* kAllSessions = "SELECT id FROM sessions";

std::int64_t to_column(Revision revision) { return static_cast<std::int64_t>(revision.value()); }
Revision revision_of(std::int64_t column) { return Revision{static_cast<std::uint64_t>(column)}; }

/// From the first four columns: key, value, revision, session.
Record record_of(const sqlite::Statement& row) {
    return {std::string{row.text(0)}, std::string{row.text(1)}, revision_of(row.integer(2)),
            SessionId{row.integer(3)}};
}

}  // namespace

const sqlite::Schema RegistryTables::kSchema{
    .application = 0x666c'7267,  // "flrg"
    .version = 1,
    .tables = kTables,
};

Result<std::int64_t> RegistryTables::number(const char* question) {
    FLATLAN_TRY(rows, database_.statement(question));
    FLATLAN_TRY(found, rows->step());
    FLATLAN_CHECK(found);
    const std::int64_t value = rows->integer(0);
    rows->reset();
    return value;
}

Result<RegistryState> RegistryTables::state() {
    FLATLAN_TRY(rows, database_.statement(kState));
    FLATLAN_TRY(found, rows->step());
    if (!found)
        return Error{ErrorCode::corrupt,
                     "database '" + database_.file().string() + "' is damaged: it has no state"};
    const RegistryState state{static_cast<std::uint64_t>(rows->integer(0)),
                              revision_of(rows->integer(1))};
    rows->reset();
    return state;
}

Result<std::optional<Record>> RegistryTables::find(std::string_view key) {
    FLATLAN_TRY(rows, database_.statement(kFind));
    rows->bind(key);
    FLATLAN_TRY(found, rows->step());
    if (!found) return std::optional<Record>{};
    std::optional<Record> record = record_of(*rows);
    rows->reset();
    return record;
}

Result<Page> RegistryTables::list(std::string_view prefix, std::string_view after,
                                  std::size_t limit) {
    FLATLAN_TRY(now, state());
    Page page{.records = {}, .more = false, .revision = now.revision};
    FLATLAN_TRY(rows, database_.statement(kList));
    rows->bind(std::string{prefix}).bind(std::string{after}).bind(end_of_prefix(prefix));
    rows->bind(static_cast<std::int64_t>(limit) + 1);
    for (;;) {
        FLATLAN_TRY(found, rows->step());
        if (!found) return page;
        if (page.records.size() == limit) break;
        page.records.push_back(record_of(*rows));
    }
    rows->reset();
    page.more = true;
    return page;
}

Result<std::optional<std::vector<Event>>> RegistryTables::changes_after(std::string_view prefix,
                                                                        Revision seen,
                                                                        std::size_t limit) {
    using Changes = std::optional<std::vector<Event>>;
    FLATLAN_TRY(forgotten, number(kForgotten));
    if (seen < revision_of(forgotten)) return Changes{};
    std::vector<Event> changes;
    FLATLAN_TRY(rows, database_.statement(kChangesAfter));
    rows->bind(to_column(seen)).bind(std::string{prefix}).bind(end_of_prefix(prefix));
    rows->bind(static_cast<std::int64_t>(limit));
    for (;;) {
        FLATLAN_TRY(found, rows->step());
        if (!found) return Changes{std::move(changes)};
        changes.push_back({record_of(*rows), rows->integer(4) != 0});
    }
}

Result<Revision> RegistryTables::next_revision() {
    FLATLAN_TRY(next, number(kNextRevision));
    if (static_cast<std::uint64_t>(next) % kHistorySlack == 0 &&
        static_cast<std::uint64_t>(next) > kHistoryMin)
        FLATLAN_TRY_VOID(forget(Revision{static_cast<std::uint64_t>(next) - kHistoryMin}));
    return revision_of(next);
}

Result<Revision> RegistryTables::note(const Record& record, bool removed) {
    FLATLAN_TRY(revision, next_revision());
    FLATLAN_TRY(change, database_.statement(kNote));
    change->bind(to_column(revision)).bind(record.key).bind(record.value);
    change->bind(record.session.value()).bind(std::int64_t{removed});
    FLATLAN_TRY_VOID(change->run());
    return revision;
}

Result<Revision> RegistryTables::write(const Record& record) {
    FLATLAN_TRY(revision, note(record, false));
    FLATLAN_TRY(insert, database_.statement(kWrite));
    insert->bind(record.key).bind(record.value).bind(to_column(revision));
    insert->bind(record.session.value());
    FLATLAN_TRY_VOID(insert->run());
    return revision;
}

Result<Revision> RegistryTables::remove(std::string_view key) {
    FLATLAN_TRY_VOID(delete_record(key));
    return note({std::string{key}, {}, {}, {}}, true);
}

Result<void> RegistryTables::delete_record(std::string_view key) {
    FLATLAN_TRY(statement, database_.statement(kDelete));
    return statement->bind(key).run();
}

Result<void> RegistryTables::forget(Revision last) {
    FLATLAN_TRY(mark, database_.statement(kSetForgotten));
    FLATLAN_TRY_VOID(mark->bind(to_column(last)).run());
    FLATLAN_TRY(erase, database_.statement(kForget));
    return erase->bind(to_column(last)).run();
}

Result<SessionId> RegistryTables::add_session(Duration time_to_live, Instant ends_at) {
    FLATLAN_TRY(insert, database_.statement(kAddSession));
    insert->bind(std::int64_t{time_to_live.count()}).bind(ends_at.nanoseconds());
    FLATLAN_TRY(row, insert->step());
    FLATLAN_CHECK(row);
    const SessionId session{insert->integer(0)};
    insert->reset();
    return session;
}

Result<std::optional<Duration>> RegistryTables::time_to_live(SessionId session) {
    FLATLAN_TRY(rows, database_.statement(kTimeToLive));
    FLATLAN_TRY(found, rows->bind(session.value()).step());
    if (!found) return std::optional<Duration>{};
    const Duration time_to_live{rows->integer(0)};
    rows->reset();
    return std::optional{time_to_live};
}

Result<void> RegistryTables::prolong_session(SessionId session, Instant ends_at) {
    FLATLAN_TRY(update, database_.statement(kProlong));
    return update->bind(ends_at.nanoseconds()).bind(session.value()).run();
}

Result<void> RegistryTables::end_session(SessionId session) {
    FLATLAN_TRY(rows, database_.statement(kOfSession));
    rows->bind(session.value());
    std::vector<std::string> keys;
    for (;;) {
        FLATLAN_TRY(found, rows->step());
        if (!found) break;
        keys.emplace_back(rows->text(0));
    }
    for (const std::string& key : keys)
        if (auto removed = remove(key); !removed) return std::move(removed).error();
    FLATLAN_TRY(erase, database_.statement(kDeleteSession));
    return erase->bind(session.value()).run();
}

Result<std::optional<Instant>> RegistryTables::next_end() {
    FLATLAN_TRY(rows, database_.statement(kNextEnd));
    FLATLAN_TRY(found, rows->step());
    FLATLAN_CHECK(found);
    std::optional<Instant> end;
    if (!rows->is_null(0)) end = Instant::from_nanoseconds(rows->integer(0));
    rows->reset();
    return end;
}

Result<std::vector<SessionId>> RegistryTables::ended_sessions(Instant now) {
    FLATLAN_TRY(rows, database_.statement(kEnded));
    return sessions(rows->bind(now.nanoseconds()));
}

Result<std::vector<SessionId>> RegistryTables::sessions(sqlite::Statement& rows) {
    std::vector<SessionId> found;
    for (;;) {
        FLATLAN_TRY(row, rows.step());
        if (!row) return found;
        found.emplace_back(rows.integer(0));
    }
}

Result<void> RegistryTables::set_boot(const BootId& boot) {
    FLATLAN_TRY(rows, database_.statement(kBoot));
    FLATLAN_TRY(found, rows->step());
    FLATLAN_CHECK(found);
    const bool same = rows->text(0) == to_string(boot);
    rows->reset();
    if (same) return success();
    FLATLAN_TRY(all, database_.statement(kAllSessions));
    FLATLAN_TRY(before, sessions(*all));
    for (const SessionId session : before)
        FLATLAN_TRY_VOID(end_session(session));
    FLATLAN_TRY(update, database_.statement(kSetBoot));
    return update->bind(to_string(boot)).run();
}

}  // namespace flatlan::registry
