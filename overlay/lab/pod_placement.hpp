#pragma once

#include <vector>

#include "overlay/lab/lab_plan.hpp"

namespace flatlan::lab {

/// Puts every pod of `spec` on a node: on the one that the file names, else on the one where it is
/// in `running`, else where the fewest pods are (of several, the first in the file). Pods that are
/// bound to a node are counted before any is spread. The spec has a node, and names no other.
std::vector<PlannedPod> place_pods(const LabSpec& spec, const LabPlan& running);

}  // namespace flatlan::lab
