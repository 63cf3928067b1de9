#include "overlay/sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "overlay/base/check.hpp"
#include "overlay/sqlite/files.hpp"

namespace flatlan::sqlite {
namespace {

ErrorCode code_of(int sqlite_code) {
    switch (sqlite_code & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::corrupt;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::unavailable;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_AUTH:
            return ErrorCode::forbidden;
        default:
            return ErrorCode::system;
    }
}

/// The kernel's errno, as far as it is known: SQLite keeps none of a disk that is full.
int errno_of(sqlite3* connection, int sqlite_code) {
    switch (sqlite_code & 0xff) {
        case SQLITE_CANTOPEN:
        case SQLITE_IOERR:
            return sqlite3_system_errno(connection);
        case SQLITE_FULL:
            return ENOSPC;
        case SQLITE_NOMEM:
            return ENOMEM;
        default:
            return 0;
    }
}

Error failure(sqlite3* connection) {
    const int code = sqlite3_extended_errcode(connection);
    // A connection that never opened its file has no name for it.
    const char* const name = sqlite3_db_filename(connection, "main");
    const std::string file = name != nullptr ? name : "";
    if (const int cause = errno_of(connection, code); cause != 0)
        return Error::from_errno(cause, "database '" + file + "': " + sqlite3_errmsg(connection));
    return Error{code_of(code), "database '" + file + "': " + sqlite3_errmsg(connection)};
}

/// Has SQLite take room for each page of a file when it needs it. It would take twenty at once and
/// touch each, and the first touch of a page of memory costs up to 15 us on a virtual machine.
void take_memory_as_needed() {
    // Refused where somebody used SQLite before: that costs memory, nothing else.
    [[maybe_unused]] static const int refused =
        sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(std::int64_t value) {
    FLATLAN_CHECK(sqlite3_bind_int64(statement_.get(), ++bound_, value) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    FLATLAN_CHECK(sqlite3_bind_text(statement_.get(), ++bound_, text.data(),
                                    static_cast<int>(text.size()), SQLITE_TRANSIENT) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind_or_null(const std::optional<std::string>& text) {
    if (text) return bind(std::string_view{*text});
    FLATLAN_CHECK(sqlite3_bind_null(statement_.get(), ++bound_) == SQLITE_OK);
    return *this;
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
        reset();
        return false;
    }
    Error error = failure(sqlite3_db_handle(statement_.get()));
    reset();
    return error;
}

Result<void> Statement::run() {
    FLATLAN_TRY(row, step());
    FLATLAN_CHECK(!row);
    return success();
}

void Statement::reset() {
    sqlite3_reset(statement_.get());  // repeats the error of the last step, which was reported
    bound_ = 0;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
    const auto* text = sqlite3_column_text(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return text == nullptr ? std::string_view{}
                           : std::string_view{reinterpret_cast<const char*>(text), size};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Result<Database> Database::open(const std::filesystem::path& file, const Schema& schema) {
    Database database{file};
    FLATLAN_TRY_VOID(database.connect());
    FLATLAN_TRY_VOID(database.ensure_schema(schema));
    return database;
}

Result<void> Database::connect() {
    take_memory_as_needed();
    // SQLite would make it readable for all; an empty file is an empty database.
    const int made =
        ::open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (made < 0 && errno != EEXIST)
        return Error::from_errno(errno, "make database '" + file_.string() + "'");
    if (made >= 0) ::close(made);
    FLATLAN_TRY_VOID(check_place(file_));
    sqlite3* connection = nullptr;
    const int code =
        sqlite3_open_v2(file_.c_str(), &connection,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    connection_.reset(connection);
    if (code != SQLITE_OK) return failure(connection);
    sqlite3_extended_result_codes(connection, 1);
    sqlite3_busy_timeout(connection, kBusyWaitMilliseconds);
    // The last one to close would else copy the log back and remove it: three syncs for each run
    // of a short program.
    int persist = 1;
    sqlite3_file_control(connection, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    // The log is synced by `sync`, and by SQLite before it is copied back and begun anew.
    return execute("PRAGMA synchronous = NORMAL");
}

Result<void> Database::ensure_schema(const Schema& schema) {
    FLATLAN_TRY(application, pragma("PRAGMA application_id"));
    FLATLAN_TRY(version, pragma("PRAGMA user_version"));
    FLATLAN_TRY(changes, pragma("PRAGMA schema_version"));
    if (application == 0 && version == 0 && changes == 0) {
        FLATLAN_TRY_VOID(execute("PRAGMA journal_mode = WAL"));
        FLATLAN_TRY_VOID(begin_write());
        const std::string mark = "PRAGMA application_id = " + std::to_string(schema.application) +
                                 "; PRAGMA user_version = " + std::to_string(schema.version);
        auto made = execute(schema.tables);
        if (made) made = execute(mark.c_str());
        if (made) made = commit();
        if (!made) roll_back();
        return made ? sync_folder_of(file_) : made;
    }
    if (application != schema.application)
        return Error{ErrorCode::corrupt,
                     "database '" + file_.string() + "' belongs to another program"};
    if (version != schema.version)
        return Error{ErrorCode::unsupported,
                     "database '" + file_.string() + "' has version " + std::to_string(version)}
            .expecting("version " + std::to_string(schema.version) +
                       (version > schema.version ? ", or a newer flatlan" : ""));
    return success();
}

Result<std::int64_t> Database::pragma(const char* text) {
    FLATLAN_TRY(asked, statement(text));
    FLATLAN_TRY(row, asked->step());
    const std::int64_t value = row ? asked->integer(0) : 0;
    asked->reset();
    return value;
}

Result<void> Database::execute(const char* statements) {
    if (sqlite3_exec(connection_.get(), statements, nullptr, nullptr, nullptr) != SQLITE_OK)
        return failure(connection_.get());
    return success();
}

Result<Statement*> Database::statement(const char* text) {
    if (const auto known = statements_.find(text); known != statements_.end()) {
        known->second.reset();
        return &known->second;
    }
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v3(connection_.get(), text, -1, SQLITE_PREPARE_PERSISTENT, &prepared,
                           nullptr) != SQLITE_OK)
        return failure(connection_.get());
    return &statements_.emplace(text, Statement{prepared}).first->second;
}

Result<void> Database::commit() {
    FLATLAN_TRY_VOID(commit_unsynced());
    return sync();
}

Result<void> Database::sync() {
    // The connection's own descriptor: SQLite's locks are on other files, which stay untouched.
    sqlite3_file* log = nullptr;
    const int code = sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                          static_cast<void*>(&log));
    if (code != SQLITE_OK || log == nullptr) return failure(connection_.get());
    if (log->pMethods == nullptr) return success();  // no log yet: nothing was ever written to it
    if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) != SQLITE_OK)
        return Error::from_errno(errno, "sync the log of database '" + file_.string() + "'");
    return success();
}

void Database::roll_back() {
    if (sqlite3_get_autocommit(connection_.get()) == 0)
        sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Database::check() {
    FLATLAN_TRY(asked, statement("PRAGMA integrity_check(1)"));
    FLATLAN_TRY(row, asked->step());
    const std::string what = row ? std::string{asked->text(0)} : "no answer";
    asked->reset();
    if (what == "ok") return success();
    return Error{ErrorCode::corrupt, "database '" + file_.string() + "' is damaged: " + what};
}

}  // namespace flatlan::sqlite
