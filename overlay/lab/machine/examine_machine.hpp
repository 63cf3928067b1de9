#pragma once

#include "overlay/lab/machine/machine_report.hpp"

namespace flatlan::lab {

/// Looks at the machine as this user sees it. Features are tried, not looked up: a child process
/// makes namespaces of its own and a veth pair, a bridge, a VXLAN device and so on in them, and all
/// of it ends with the child. Takes some tenths of a second, most of it for a container of each OCI
/// runtime. The process must have one thread.
MachineReport examine_machine();

}  // namespace flatlan::lab
