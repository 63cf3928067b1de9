#include "tools/daemon/program.hpp"

#include <malloc.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/help.hpp"
#include "tools/daemon/node_daemon.hpp"

namespace flatlan::daemon {
namespace {

using cli::ExitStatus;

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

Result<void> run(const cli::Arguments& arguments) {
    share_heap();
    FLATLAN_TRY(settings, read_settings(arguments));
    begin_log(settings.log_level);
    FLATLAN_TRY(waiter, Waiter::create());
    FLATLAN_TRY(manager, ServiceManager::open(ServiceManager::request_from_environment()));
    std::optional<UnderlayCandidate> moved;
    do {
        FLATLAN_TRY(daemon, NodeDaemon::start(std::move(settings), moved, *waiter, manager));
        FLATLAN_TRY(ended, daemon->run([&] { return read_settings(arguments); }));
        moved = std::move(ended);
        settings = daemon->settings();
    } while (moved);
    return success();
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
