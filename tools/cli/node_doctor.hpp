#pragma once

#include "overlay/base/result.hpp"
#include "tools/cli/arguments.hpp"
#include "tools/cli/console.hpp"
#include "tools/cli/exit_status.hpp"

namespace flatlan::cli {

/// `flatlan doctor --node`: looks at this host as a node and prints what it found, as text or as
/// JSON (schema/doctor-node.json); no when something is broken. Errors as doctor::collect_facts.
Result<ExitStatus> examine_node(const Arguments& arguments, Console& console);

}  // namespace flatlan::cli
