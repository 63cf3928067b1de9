#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::conformance {

/// One call of a plugin, as a runtime makes it: nothing else is in its environment.
struct Call {
    std::filesystem::path program;
    std::map<std::string, std::string> environment;
    std::string input;  ///< the configuration, streamed to standard input
};

/// What a call came to.
struct Answer {
    int exit_status = -1;  ///< says nothing when a signal ended it
    int signal = 0;        ///< which ended it; 0: none did
    bool timed_out = false;
    std::string output{};  ///< standard output
    std::string errors{};  ///< standard error
    Duration took{0};

    bool succeeded() const { return exit_status == 0 && signal == 0 && !timed_out; }
};

/// "exit status 1, {...}": one line, cut to what people read.
std::string to_string(const Answer& answer);

/// A plugin that runs, in a process group of its own and in the namespaces of the calling thread.
/// It is killed when this ends before it did.
class PluginProcess {
public:
    /// Longer than any plugin should need; a call that is not done by then is killed.
    static constexpr Duration kLimit = std::chrono::seconds{60};

    static Result<PluginProcess> start(const Call& call);
    PluginProcess(PluginProcess&& other) noexcept;
    PluginProcess& operator=(PluginProcess&&) = delete;
    ~PluginProcess();

    /// Lets it run to its end, or for `limit`; then it and what it started are killed.
    Answer wait(Duration limit = kLimit);

private:
    PluginProcess() = default;
    /// Moves what can be moved on the pipes; false when nothing more will come.
    bool exchange(int timeout_ms, Answer& answer);
    void read_some(UniqueFd& pipe, std::string& text);
    void write_some();

    pid_t pid_ = -1;
    UniqueFd process_;  // readable when it has ended
    UniqueFd input_, output_, errors_;
    std::string to_write_;
    std::int64_t began_ns_ = 0;
};

/// Starts it and waits for its end.
Result<Answer> run(const Call& call);

/// The processes that plugins left running, as "sleep (4711)"; they are ours by now, since their
/// parents have ended. Those that are about to end are waited for, a second at most.
std::vector<std::string> find_left_processes();
/// Ends them.
void end_left_processes();

}  // namespace flatlan::conformance
