#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/cli/console.hpp"
#include "tools/cli/verb.hpp"

namespace flatlan::cli {

/// Reads the command line without the program's name, finds the verb and runs it; prints help and
/// errors. `help` and `--help` are this function's own; "--version" is the verb `version`.
ExitStatus run_program(std::span<const Verb> verbs, std::span<const std::string> words,
                       Console& console);

/// What a program ends with once all that it said is written: ExitStatus::no, and a word on
/// `console.err`, where standard output did not take it, as on a full disk.
ExitStatus finish_answer(std::string_view program, ExitStatus status, Console& console);

}  // namespace flatlan::cli
