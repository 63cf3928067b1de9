#pragma once

#include <string>

#include "overlay/lab/lab_status.hpp"
#include "tools/cli/console.hpp"

namespace flatlan::cli {

/// The answer of `ps` for people: the lab, a table of its nodes, and its pods grouped by node in
/// the order of the nodes, those that are not Running first in their group.
///
/// A terminal gets the pods of a large lab several to a line below their node's name; where nobody
/// watches it is always one line a pod that begins with its name and node, so that it can be
/// searched.
std::string status_text(const lab::LabStatus& status, const Terminal& terminal);

}  // namespace flatlan::cli
