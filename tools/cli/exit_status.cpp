#include "tools/cli/exit_status.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace flatlan::cli {
namespace {

extern "C" void end_with_bug(int) { _exit(static_cast<int>(ExitStatus::bug)); }

/// Names what a library threw and nobody caught; FLATLAN_CHECK has printed its own line by then.
[[noreturn]] void report_uncaught() noexcept {
    try {
        if (const std::exception_ptr thrown = std::current_exception())
            std::rethrow_exception(thrown);
        std::cerr << "flatlan: bug: terminated\n";
    } catch (const std::exception& thrown) {
        std::cerr << "flatlan: bug: uncaught exception: " << thrown.what() << '\n';
    } catch (...) {
        std::cerr << "flatlan: bug: uncaught exception\n";
    }
    std::abort();
}

}  // namespace

ExitStatus exit_status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
            return ExitStatus::wrong_input;
        case ErrorCode::forbidden:
            return ExitStatus::forbidden;
        case ErrorCode::not_found:
        case ErrorCode::already_exists:
        case ErrorCode::conflict:
        case ErrorCode::exhausted:
        case ErrorCode::unavailable:
        case ErrorCode::timed_out:
        case ErrorCode::unsupported:
        case ErrorCode::corrupt:
        case ErrorCode::interrupted:
        case ErrorCode::system:
            return ExitStatus::no;
    }
    return ExitStatus::no;
}

void end_bugs_with_their_own_status() {
    std::set_terminate(report_uncaught);
    struct sigaction action {};
    action.sa_handler = end_with_bug;
    sigaction(SIGABRT, &action, nullptr);
}

}  // namespace flatlan::cli
