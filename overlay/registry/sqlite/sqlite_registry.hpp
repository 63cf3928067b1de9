#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "overlay/registry/registry.hpp"
#include "overlay/registry/sqlite/bell.hpp"
#include "overlay/registry/sqlite/registry_tables.hpp"
#include "overlay/sqlite/ticket_lock.hpp"

namespace flatlan::registry {

/// The registry of one machine: a database file that any number of processes share, each with an
/// object of its own. A change is on the disk when its call returns. Who writes waits its turn in
/// the order of arrival (FILE.lock); watches of all processes are woken by FILE.bell.
///
/// A file that was removed or replaced is opened, or made, anew by the next call: it then is
/// another registry, and says so by its `cluster`.
///
/// Errors besides the port's: unavailable when the database stays locked, exhausted when the disk
/// is full, forbidden; all name the file.
class SqliteRegistry final : public Registry {
public:
    /// A watch looks by itself so often: for sessions whose time has passed, and for a change whose
    /// writer was killed before it could ring.
    static constexpr Duration kLookAgain = std::chrono::milliseconds{200};
    static constexpr std::size_t kBatchMax = 1'000;  ///< events of a watch at a time

    struct Options {
        std::filesystem::path file;
        BootId boot;  ///< of the machine now: sessions of an earlier boot have ended
        std::function<Instant()>
            clock;  ///< for sessions, the same in all processes (CLOCK_BOOTTIME)
    };
    static Result<std::unique_ptr<SqliteRegistry>> open(Options options);
    ~SqliteRegistry() override;

    Result<RegistryState> state() override;
    Result<Reading> get_with_state(std::string_view key) override;
    Result<Page> list(std::string_view prefix, std::string_view after, std::size_t limit) override;
    Result<Revision> put(std::string_view key, std::string_view value, Revision expected,
                         SessionId session) override;
    Result<Revision> remove(std::string_view key, Revision expected) override;
    Result<SessionId> open_session(Duration time_to_live) override;
    Result<void> keep_alive(SessionId session) override;
    Result<void> close_session(SessionId session) override;
    Result<std::unique_ptr<Watch>> watch(std::string_view prefix, Revision after,
                                         std::function<void()> on_ready) override;

    /// Forgets all changes up to now: watches that have not asked for them have a gap.
    Result<void> forget_history();
    /// Reads the whole database. Error: corrupt.
    Result<void> check();

private:
    class SqliteWatch;
    /// The database as it is open now.
    struct OpenFile;
    /// What a watch sees at one moment; no changes when some are forgotten.
    struct Glance {
        RegistryState now;
        std::optional<std::vector<Event>> changes;
    };

    SqliteRegistry(Options options, sqlite::TicketLock queue, Bell bell);

    Result<std::unique_ptr<OpenFile>> open_file();
    /// Opens the file that is there now, if it is another one.
    Result<void> follow_file();
    /// Runs `change` in a transaction that lasts when it returns; if it fails nothing has changed.
    template <typename Change>
    auto write(Change change) -> decltype(change(std::declval<RegistryTables&>()));
    template <typename Look>
    auto read(Look look) -> decltype(look(std::declval<RegistryTables&>()));
    Result<Glance> glance(std::string_view prefix, Revision seen);
    Result<void> end_late_sessions(RegistryTables& tables);
    void wake_watches();

    Options options_;
    sqlite::TicketLock queue_;
    Bell bell_;
    std::mutex mutex_;  ///< of the database
    std::unique_ptr<OpenFile> file_;

    std::mutex watches_mutex_;  ///< of the two below
    std::list<SqliteWatch*> watches_;
    bool ending_ = false;
    std::thread waker_;  ///< runs from the first watch on that wants to be woken
};

}  // namespace flatlan::registry
