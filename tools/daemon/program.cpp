#include "tools/daemon/program.hpp"

#include <malloc.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdlib>
#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/help.hpp"
#include "tools/daemon/node_daemon.hpp"

namespace flatlan::daemon {
namespace {

using cli::ExitStatus;

/// How long a daemon that cannot begin anew is let be.
constexpr std::chrono::milliseconds kRetry{1000};

/// systemd's journal has the time of each line itself (systemd.exec(5), JOURNAL_STREAM).
void begin_log(const std::string& level) {
    spdlog::set_default_logger(spdlog::stderr_logger_mt("flatland"));
    spdlog::set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%l %v"
                                                                 : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    spdlog::set_level(spdlog::level::from_str(level));
    spdlog::flush_on(spdlog::level::debug);
}

/// One heap for all threads (mallopt(3)): none of them allocates much or often, and what each would
/// keep of a heap of its own is 2 MiB of 32 in a cluster of a thousand nodes (tests/bench/daemon).
void share_heap() { mallopt(M_ARENA_MAX, 1); }

/// One daemon, from its start on. `settings` and `before` are then those for the next, if it ended
/// since its underlay address was gone.
Result<NodeDaemon::Ending> start_and_run(Settings& settings, std::optional<Underlay>& before,
                                         Waiter& waiter, ServiceManager& manager,
                                         const NodeDaemon::Reread& reread) {
    FLATLAN_TRY(daemon, NodeDaemon::start(settings, before, waiter, manager));
    FLATLAN_TRY(ending, daemon->run(reread));
    settings = daemon->settings();
    before = daemon->underlay();
    return ending;
}

Result<void> run(const cli::Arguments& arguments) {
    share_heap();
    FLATLAN_TRY(settings, read_settings(arguments));
    begin_log(settings.log_level);
    FLATLAN_TRY(waiter, Waiter::create());
    FLATLAN_TRY(manager, ServiceManager::open(ServiceManager::request_from_environment()));
    std::optional<Underlay> before;
    std::string told;
    for (;;) {
        auto ended = start_and_run(settings, before, *waiter, manager,
                                   [&] { return read_settings(arguments); });
        if (ended && ended.value() == NodeDaemon::Ending::told) return success();
        if (ended) {
            told.clear();
            continue;
        }
        // A node that has pods does not end for what is wrong just while its address changes, as
        // another node that has not given the new one up yet.
        if (!before || ended.error().code() == ErrorCode::interrupted) return ended.error();
        const std::string trouble = "does not begin anew yet: " + ended.error().to_string();
        if (std::exchange(told, trouble) != trouble) spdlog::warn("{}", trouble);
        manager.tell_alive();
        manager.tell_status(trouble);
        if (waiter->wait(kRetry).stop) return success();
    }
}

}  // namespace

ExitStatus run_program(std::span<const std::string> words, cli::Console& console) {
    const cli::Usage known = usage();
    const auto arguments = cli::Arguments::parse(known, words);
    if (arguments && arguments.value().help()) {
        console.out << cli::help_of({.usage = known, .run = {}}, console.out_terminal);
        return ExitStatus::yes;
    }
    if (arguments && arguments.value().has("version")) {
        console.out << "flatland " << cli::program_version() << '\n';
        return ExitStatus::yes;
    }
    const Result<void> done = arguments ? run(arguments.value()) : Result<void>{arguments.error()};
    if (done || done.error().code() == ErrorCode::interrupted) return ExitStatus::yes;
    console.err << "flatland: " << done.error().to_string() << '\n';
    return cli::exit_status_of(done.error().code());
}

}  // namespace flatlan::daemon
