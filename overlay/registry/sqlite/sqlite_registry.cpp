#include "overlay/registry/sqlite/sqlite_registry.hpp"

#include <algorithm>

#include "overlay/base/undo.hpp"
#include "overlay/registry/sqlite/sqlite_watch.hpp"
#include "overlay/sqlite/files.hpp"

namespace flatlan::registry {

struct SqliteRegistry::OpenFile {
    OpenFile(sqlite::Database&& opened, sqlite::FileIdentity whose)
        : database{std::move(opened)}, identity{whose} {}
    sqlite::Database database;
    RegistryTables tables{database};
    sqlite::FileIdentity identity;
};

SqliteRegistry::SqliteRegistry(Options options, sqlite::TicketLock queue, Bell bell)
    : options_{std::move(options)}, queue_{std::move(queue)}, bell_{std::move(bell)} {}

Result<std::unique_ptr<SqliteRegistry>> SqliteRegistry::open(Options options) {
    FLATLAN_TRY_VOID(sqlite::check_place(options.file));
    FLATLAN_TRY_VOID(sqlite::check_beginning(options.file));
    FLATLAN_TRY(queue, sqlite::TicketLock::open(options.file.string() + ".lock"));
    FLATLAN_TRY(bell, Bell::open(options.file.string() + ".bell"));
    std::unique_ptr<SqliteRegistry> registry{
        new SqliteRegistry{std::move(options), std::move(queue), std::move(bell)}};
    FLATLAN_TRY(file, registry->open_file());
    registry->file_ = std::move(file);
    return registry;
}

SqliteRegistry::~SqliteRegistry() {
    {
        const std::lock_guard lock{watches_mutex_};
        ending_ = true;
    }
    bell_.ring();
    if (waker_.joinable()) waker_.join();
}

Result<std::unique_ptr<SqliteRegistry::OpenFile>> SqliteRegistry::open_file() {
    const auto turn = queue_.lock();
    if (!turn) return turn.error();
    FLATLAN_TRY(database, sqlite::Database::open(options_.file, RegistryTables::kSchema));
    auto file = std::make_unique<OpenFile>(
        std::move(database), sqlite::identity_of(options_.file).value_or(sqlite::FileIdentity{}));
    FLATLAN_TRY_VOID(file->database.begin_write());
    Undo undo{[&] { file->database.roll_back(); }};
    FLATLAN_TRY_VOID(file->tables.set_boot(options_.boot));
    FLATLAN_TRY_VOID(file->database.commit());
    undo.disarm();
    return file;
}

Result<void> SqliteRegistry::follow_file() {
    if (file_ && sqlite::identity_of(options_.file) == file_->identity) return success();
    file_.reset();
    FLATLAN_TRY(file, open_file());
    file_ = std::move(file);
    return success();
}

template <typename Change>
auto SqliteRegistry::write(Change change) -> decltype(change(std::declval<RegistryTables&>())) {
    const std::lock_guard lock{mutex_};
    FLATLAN_TRY_VOID(follow_file());
    const auto turn = queue_.lock();
    if (!turn) return turn.error();
    FLATLAN_TRY_VOID(file_->database.begin_write());
    Undo undo{[&] { file_->database.roll_back(); }};
    FLATLAN_TRY_VOID(end_late_sessions(file_->tables));
    auto done = change(file_->tables);
    if (!done) return done;
    FLATLAN_TRY_VOID(file_->database.commit());
    undo.disarm();
    bell_.ring();
    return done;
}

template <typename Look>
auto SqliteRegistry::read(Look look) -> decltype(look(std::declval<RegistryTables&>())) {
    {
        const std::lock_guard lock{mutex_};
        FLATLAN_TRY_VOID(follow_file());
        FLATLAN_TRY_VOID(file_->database.begin_read());
        const Undo end{[&] { file_->database.roll_back(); }};
        FLATLAN_TRY(next_end, file_->tables.next_end());
        if (!next_end || options_.clock() < *next_end) return look(file_->tables);
    }
    FLATLAN_TRY_VOID(write([](RegistryTables&) -> Result<void> { return success(); }));
    const std::lock_guard lock{mutex_};
    FLATLAN_TRY_VOID(file_->database.begin_read());
    const Undo end{[&] { file_->database.roll_back(); }};
    return look(file_->tables);
}

Result<void> SqliteRegistry::end_late_sessions(RegistryTables& tables) {
    FLATLAN_TRY(ended, tables.ended_sessions(options_.clock()));
    for (const SessionId session : ended)
        FLATLAN_TRY_VOID(tables.end_session(session));
    return success();
}

Result<RegistryState> SqliteRegistry::state() {
    return read([](RegistryTables& tables) { return tables.state(); });
}

Result<Reading> SqliteRegistry::get_with_state(std::string_view key) {
    return read([&](RegistryTables& tables) -> Result<Reading> {
        FLATLAN_TRY(state, tables.state());
        FLATLAN_TRY(record, tables.find(key));
        return Reading{state, std::move(record)};
    });
}

Result<Page> SqliteRegistry::list(std::string_view prefix, std::string_view after,
                                  std::size_t limit) {
    return read([&](RegistryTables& tables) {
        return tables.list(prefix, after, std::min(limit, kPageSizeMax));
    });
}

Result<Revision> SqliteRegistry::put(std::string_view key, std::string_view value,
                                     Revision expected, SessionId session) {
    FLATLAN_TRY_VOID(check_record(key, value));
    return write([&](RegistryTables& tables) -> Result<Revision> {
        if (session != SessionId{}) {
            FLATLAN_TRY(time_to_live, tables.time_to_live(session));
            if (!time_to_live) return session_ended(session);
        }
        FLATLAN_TRY(now, tables.find(key));
        if ((now ? now->revision : Revision{}) != expected) return lost_swap(key, expected);
        return tables.write({std::string{key}, std::string{value}, {}, session});
    });
}

Result<Revision> SqliteRegistry::remove(std::string_view key, Revision expected) {
    return write([&](RegistryTables& tables) -> Result<Revision> {
        FLATLAN_TRY(now, tables.find(key));
        if (!now || now->revision != expected) return lost_swap(key, expected);
        return tables.remove(key);
    });
}

Result<SessionId> SqliteRegistry::open_session(Duration time_to_live) {
    return write([&](RegistryTables& tables) {
        return tables.add_session(time_to_live, options_.clock() + time_to_live);
    });
}

Result<void> SqliteRegistry::keep_alive(SessionId session) {
    return write([&](RegistryTables& tables) -> Result<void> {
        FLATLAN_TRY(time_to_live, tables.time_to_live(session));
        if (!time_to_live) return session_ended(session);
        return tables.prolong_session(session, options_.clock() + *time_to_live);
    });
}

Result<void> SqliteRegistry::close_session(SessionId session) {
    return write([&](RegistryTables& tables) { return tables.end_session(session); });
}

Result<std::unique_ptr<Watch>> SqliteRegistry::watch(std::string_view prefix, Revision after,
                                                     std::function<void()> on_ready) {
    auto watch = std::make_unique<SqliteWatch>(*this, prefix, after, std::move(on_ready));
    return std::unique_ptr<Watch>{std::move(watch)};
}

Result<SqliteRegistry::Glance> SqliteRegistry::glance(std::string_view prefix, Revision seen) {
    return read([&](RegistryTables& tables) -> Result<Glance> {
        FLATLAN_TRY(now, tables.state());
        FLATLAN_TRY(changes, tables.changes_after(prefix, seen, kBatchMax));
        return Glance{now, std::move(changes)};
    });
}

Result<void> SqliteRegistry::forget_history() {
    return write([](RegistryTables& tables) -> Result<void> {
        FLATLAN_TRY(state, tables.state());
        return tables.forget(state.revision);
    });
}

Result<void> SqliteRegistry::check() {
    const std::lock_guard lock{mutex_};
    FLATLAN_TRY_VOID(follow_file());
    return file_->database.check();
}

/// The waker's thread.
void SqliteRegistry::wake_watches() {
    std::optional<RegistryState> last;
    for (;;) {
        const std::uint32_t rings = bell_.rings();
        const auto now = state();
        {
            const std::lock_guard lock{watches_mutex_};
            if (ending_) return;
            // A registry that cannot be read is something to say, too.
            if (!now || last != now.value())
                for (const SqliteWatch* watch : watches_)
                    watch->wake();
        }
        last = now ? std::optional{now.value()} : std::nullopt;
        bell_.wait(rings, kLookAgain);
    }
}

}  // namespace flatlan::registry
