#pragma once

#include <functional>

#include "overlay/base/result.hpp"
#include "tools/cli/arguments.hpp"
#include "tools/cli/console.hpp"
#include "tools/cli/exit_status.hpp"

namespace flatlan::cli {

/// One verb of the command line: what help and completion say of it, and what it does. The table of
/// all verbs is in tools/cli/verbs.hpp.
struct Verb {
    Usage usage;

    /// Does it. The answer goes to `console.out`, as text or as JSON by `arguments.json()`. An
    /// Error is printed by the caller, in the same form.
    std::function<Result<ExitStatus>(const Arguments& arguments, Console& console)> run;

    /// How the program ends when `run`, or reading the arguments, failed.
    std::function<ExitStatus(const Error& error)> status_of = [](const Error& error) {
        return exit_status_of(error.code());
    };

    /// Left out of help and of completion: shell scripts call it, people do not.
    bool hidden = false;
};

}  // namespace flatlan::cli
