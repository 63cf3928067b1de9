#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "overlay/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

/// The one wrapper of SQLite, and the queue in which writers of one database wait for their turn.
namespace flatlan::sqlite {

/// A prepared statement of one database, used again and again. Parameters and columns count from 0.
class Statement {
public:
    /// Gives the next parameter its value, left to right; null where there is none. Text is
    /// copied.
    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view text);
    Statement& bind_or_null(const std::optional<std::string>& text);

    /// Goes to the next row: true when there is one, false at the end, where the statement is
    /// ready for the next use. After an error it is ready, too.
    Result<bool> step();
    /// Carries out a statement that has no rows.
    Result<void> run();
    /// Makes it ready for the next use before the last row was reached.
    void reset();

    /// Of the present row; text is valid until the next step. An integer where there is none is 0.
    std::int64_t integer(int column) const;
    std::string_view text(int column) const;
    bool is_null(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_{statement} {}

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bound_ = 0;
};

/// What a database must be to be opened.
struct Schema {
    std::int32_t application;  ///< SQLite's application_id: whose file it is
    std::int32_t version;      ///< SQLite's user_version
    const char* tables;        ///< statements that make an empty database one of this version
};

/// A connection to a database file with a write-ahead log. Errors of all calls name the file:
/// corrupt when it is damaged or no database, exhausted when the disk is full, unavailable when it
/// stays locked for kBusyWait, forbidden, or system.
class Database {
public:
    static constexpr int kBusyWaitMilliseconds = 5'000;

    /// Opens the file and makes it (mode 0600) where there is none. The caller holds the database's
    /// TicketLock, so only one makes it. Errors besides: corrupt for another program's database,
    /// unsupported for a newer version (both versions are named).
    static Result<Database> open(const std::filesystem::path& file, const Schema& schema);

    /// Carries out statements that have no rows and no parameters.
    Result<void> execute(const char* statements);
    /// The statement, ready for use; prepared when it is first asked for and kept, so `text` must
    /// be a constant.
    Result<Statement*> statement(const char* text);

    Result<void> begin_read() { return execute("BEGIN"); }
    Result<void> begin_write() { return execute("BEGIN IMMEDIATE"); }
    /// On the disk when it returns.
    Result<void> commit();
    /// Seen by every process when it returns, and on the disk after the next `sync` of any of them,
    /// not before: so that many processes that commit one after the other share one sync of the
    /// disk, each waiting for it with no lock held.
    Result<void> commit_unsynced() { return execute("COMMIT"); }
    /// Everything that this process has seen of the database is on the disk when it returns.
    /// After an error (system) it may be or not.
    Result<void> sync();
    /// Ends a transaction that failed; nothing happens when SQLite has ended it already.
    void roll_back();

    /// Reads the whole file and says what is wrong with it. Error: corrupt.
    Result<void> check();

    const std::filesystem::path& file() const { return file_; }

private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    explicit Database(std::filesystem::path file) : file_{std::move(file)} {}
    Result<void> connect();
    Result<void> ensure_schema(const Schema& schema);
    Result<std::int64_t> pragma(const char* text);

    std::filesystem::path file_;
    std::unique_ptr<sqlite3, Close> connection_;
    std::map<const char*, Statement> statements_;  ///< end before their connection
};

}  // namespace flatlan::sqlite
