#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/boot_id.hpp"
#include "overlay/registry/registry.hpp"
#include "overlay/sqlite/database.hpp"

namespace flatlan::registry {

/// The tables in which a registry lasts, and what is read from and written to them. Every call
/// happens inside a transaction of the caller's. The database must outlive it.
///
/// Beside the records they hold the newest changes, by revision: from these every process's
/// watches read.
class RegistryTables {
public:
    static const sqlite::Schema kSchema;
    /// Changes that are remembered at least. A watch that has not asked for so many has a gap.
    static constexpr std::uint64_t kHistoryMin = 65'536;
    /// So many more are let come together before they are forgotten at once.
    static constexpr std::uint64_t kHistorySlack = 1'024;

    explicit RegistryTables(sqlite::Database& database) : database_{database} {}

    Result<RegistryState> state();
    Result<std::optional<Record>> find(std::string_view key);
    /// As Registry::list, with a limit that is in range.
    Result<Page> list(std::string_view prefix, std::string_view after, std::size_t limit);
    /// At most `limit` changes of `prefix` after a revision. Empty: some are forgotten.
    Result<std::optional<std::vector<Event>>> changes_after(std::string_view prefix, Revision seen,
                                                            std::size_t limit);

    /// Writes the record, whatever is there; its revision is given to it here and returned.
    Result<Revision> write(const Record& record);
    /// Removes the record, which is there.
    Result<Revision> remove(std::string_view key);
    /// Forgets all changes up to this one.
    Result<void> forget(Revision last);

    Result<SessionId> add_session(Duration time_to_live, Instant ends_at);
    /// How long the session lives after a sign of life; empty when there is none of that number.
    Result<std::optional<Duration>> time_to_live(SessionId session);
    Result<void> prolong_session(SessionId session, Instant ends_at);
    /// Removes the session and its records.
    Result<void> end_session(SessionId session);
    /// When the next session ends; empty when there is none.
    Result<std::optional<Instant>> next_end();
    /// Sessions that have ended by then.
    Result<std::vector<SessionId>> ended_sessions(Instant now);
    /// Ends every session unless the machine is still in the boot that was noted last.
    Result<void> set_boot(const BootId& boot);

private:
    Result<std::int64_t> number(const char* question);
    Result<Revision> next_revision();
    Result<Revision> note(const Record& record, bool removed);
    Result<void> delete_record(std::string_view key);
    Result<std::vector<SessionId>> sessions(sqlite::Statement& rows);

    sqlite::Database& database_;
};

}  // namespace flatlan::registry
