#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/time.hpp"
#include "overlay/registry/mirror.hpp"

namespace flatlan::daemon {

/// How long a cluster's test takes at most.
inline constexpr Duration kTestLongest = std::chrono::seconds{180};
/// The longest that anything of it stays in the registry after whoever wrote it has died.
inline constexpr Duration kSessionTime = std::chrono::seconds{10};

/// The records of one test, as they come. One thread's.
class RunRecords {
public:
    /// Has a copy of what stands below `root`. Whatever waits ends with the error interrupted once
    /// `ended` says so, or once the record `anchor` (none where empty) is gone, with which whoever
    /// asks for the test says that it still does.
    RunRecords(registry::Registry& registry, const std::string& root, std::function<bool()> ended,
               std::string anchor = {})
        : registry_{registry},
          mirror_{registry, root},
          ended_{std::move(ended)},
          anchor_{std::move(anchor)} {}

    /// Opens the session, of kSessionTime, of all that is put. `poll` and `wait` keep it alive; it
    /// ends with this.
    Result<void> open_session();
    ~RunRecords();
    RunRecords(const RunRecords&) = delete;
    RunRecords& operator=(const RunRecords&) = delete;

    /// Takes in what has changed, and waits for that at most so long. Once there is a session:
    /// error unavailable when the registry has not answered for nearly as long as that lasts.
    Result<void> poll(Duration timeout);
    /// Writes a record that is not there, to go with the session. Errors of Registry::put.
    Result<void> put(const std::string& key, const std::string& value);
    /// Writes `pages` below the key, and then `conclusion` at it: that these are all.
    Result<void> put_pages(const std::string& key, const std::vector<std::string>& pages,
                           const std::string& conclusion);
    /// Writes a record of any length at all: in pieces below the key, then at the key how many.
    Result<void> put_long(const std::string& key, std::string_view record);
    /// Waits until `holds`. False when that did not come before `deadline` (CLOCK_MONOTONIC).
    Result<bool> wait(const std::function<bool()>& holds, Instant deadline);
    /// Waits until nobody asks any more (error interrupted), at the latest until then.
    Result<void> stay(Instant deadline);
    /// What stands under the key, once something does. Error timed_out.
    Result<std::string> await(const std::string& key, Instant deadline);
    /// The record that put_long wrote there, once it does. Errors timed_out, and corrupt where a
    /// piece is missing.
    Result<std::string> await_long(const std::string& key, Instant deadline);

    bool has(const std::string& key) const { return mirror_.records().contains(key); }
    /// Null when nothing stands there.
    const std::string* find(const std::string& key) const;
    /// All whose key begins so.
    std::vector<std::string> all(std::string_view prefix) const;

private:
    Result<void> keep_session();

    registry::Registry& registry_;
    registry::Mirror mirror_;
    std::function<bool()> ended_;
    std::string anchor_;
    std::optional<registry::SessionId> session_;
    Instant kept_at_{};  ///< when the registry last said that the session goes on
    Instant asked_at_{};
};

}  // namespace flatlan::daemon
