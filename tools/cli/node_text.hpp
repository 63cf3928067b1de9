#pragma once

#include <string>

#include "tools/cli/console.hpp"
#include "tools/daemon/api/node_status.hpp"

/// What `flatlan node` says to people. Its JSON is the daemon's own.
namespace flatlan::cli {

/// The node, what it has, and a table of the others.
std::string node_text(const daemon::NodeStatus& status, const Terminal& terminal);
/// One of the others, as this node knows it.
std::string other_text(const daemon::NodeStatus::Other& node, const Terminal& terminal);
std::string removed_text(const daemon::NodeRemoved& removed);

}  // namespace flatlan::cli
