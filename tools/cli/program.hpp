#pragma once

#include <span>
#include <string>

#include "tools/cli/console.hpp"
#include "tools/cli/verb.hpp"

namespace flatlan::cli {

/// Reads the command line without the program's name, finds the verb and runs it; prints help and
/// errors. `help` and `--help` are this function's own; "--version" is the verb `version`.
ExitStatus run_program(std::span<const Verb> verbs, std::span<const std::string> words,
                       Console& console);

}  // namespace flatlan::cli
