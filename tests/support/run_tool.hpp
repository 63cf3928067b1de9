#pragma once

#include <string>
#include <string_view>

#include "overlay/linux/namespace.hpp"

namespace flatlan::support {

/// Runs a tool in the network namespace, without a shell, and returns what it printed on both
/// streams. `command` is split at its spaces: "ip -6 route show". Throws, which fails the test,
/// when the tool cannot be started or says that it failed.
std::string run_tool(const Namespace& network, std::string_view command);

}  // namespace flatlan::support
