#pragma once

#include <string>
#include <vector>

namespace flatlan::support {

/// Runs a program with these arguments, without a shell, and returns what it printed on both
/// streams. That it cannot be started, or says that it failed, is a failure of the test, which
/// shows what it printed.
std::string run_program(std::vector<std::string> arguments);

}  // namespace flatlan::support
