#pragma once

#include <span>
#include <string>

#include "tools/cli/console.hpp"
#include "tools/cli/exit_status.hpp"

namespace flatlan::daemon {

/// `flatland`, from its command line to its end. What it has to say while it runs goes to standard
/// error.
cli::ExitStatus run_program(std::span<const std::string> words, cli::Console& console);

}  // namespace flatlan::daemon
