#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::daemon {

/// What the daemon's thread waits for: signals, what other threads have to say, and changes of the
/// node's leases by other processes.
class Waiter {
public:
    struct Woken {
        bool stop = false;    ///< SIGTERM or SIGINT
        bool reload = false;  ///< SIGHUP
    };

    /// From now on these signals end nothing by themselves, in this thread and those that it
    /// starts: to be called before there is another one.
    static Result<std::unique_ptr<Waiter>> create();

    /// Also wakes up when one of the files whose names begin so is written to, in its folder,
    /// which must exist: a database and what belongs to it.
    Result<void> watch_writes(const std::filesystem::path& file);

    /// Ends a wait, now or the next; from any thread.
    void wake();

    /// Waits until something is there or the time has passed. What comes in a burst is one.
    Woken wait(std::chrono::milliseconds at_most);

private:
    Waiter(UniqueFd signals, UniqueFd wake, UniqueFd writes)
        : signals_{std::move(signals)}, wake_{std::move(wake)}, writes_{std::move(writes)} {}
    void read_signals(Woken& woken);
    bool read_writes();

    UniqueFd signals_;
    UniqueFd wake_;
    UniqueFd writes_;
    std::string watched_name_;
};

}  // namespace flatlan::daemon
