#pragma once

#include "overlay/lab/lab_plan.hpp"

namespace flatlan::lab {

/// Whether the pod prefixes hold every pod and every node's own overlay address, in whole blocks
/// that belong to one node each. Blocks that nodes claim ahead of demand are not counted: claiming
/// ahead stops where there is nothing left. Error invalid_argument, which says how large would be
/// enough.
Result<void> check_capacity(const LabSpec& spec, const LabPlan& plan);

}  // namespace flatlan::lab
