#pragma once

#include <string>
#include <vector>

#include "overlay/base/result.hpp"

namespace flatlan::conformance {

/// Moves this process, which must have one thread, into namespaces of its own for good: a user
/// namespace where it may not make the others without, a mount and a network namespace. What
/// plugins write below /var/lib and /run then goes to memory and ends with the process; the
/// machine's own files are seen, and stay as they are.
///
/// Returns in words what could not be set apart. Error forbidden when the machine allows no
/// namespaces.
Result<std::vector<std::string>> enter_own_namespaces();

}  // namespace flatlan::conformance
