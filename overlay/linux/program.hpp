#pragma once

#include <string>
#include <vector>

#include "overlay/linux/namespace.hpp"

namespace flatlan {

/// Runs another program to its end, in a network namespace, and returns what it printed. Its
/// standard input is empty. For a process that waits for its children itself. Errors: not_found
/// when there is no such program in PATH; system, with its last complaint, when it failed.
Result<std::string> run_program(const Namespace& network, const std::vector<std::string>& command);

}  // namespace flatlan
