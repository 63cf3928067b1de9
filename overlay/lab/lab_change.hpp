#pragma once

#include <vector>

#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_spec.hpp"

namespace flatlan::lab {

/// What must be added and removed to get from one plan to another. A pod that moves to another node
/// is in both lists.
struct LabChange {
    std::vector<PlannedNode> nodes_added;
    std::vector<PlannedNode> nodes_removed;
    std::vector<PlannedPod> pods_added;
    std::vector<PlannedPod> pods_removed;
};

/// Error invalid_argument when a node that stays is to have another underlay address or backend:
/// what a node is called and where it is reached does not change while it runs.
Result<LabChange> change_between(const LabPlan& running, const LabPlan& wanted);

/// Whether a running lab can become the wanted one without a restart. Error invalid_argument that
/// names what differs: prefixes, block sizes, underlay or tunnel.
Result<void> can_become(const LabSpec& running, const LabSpec& wanted);

}  // namespace flatlan::lab
