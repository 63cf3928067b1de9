#pragma once

#include "overlay/lab/lab_plan.hpp"

namespace flatlan::lab {

/// Everything in a lab is held by a descriptor: raises this process's limit of open files as far as
/// the user may (its children inherit it) and checks that the plan's nodes and pods fit. Error
/// forbidden with both numbers, before anything is made.
Result<void> check_open_files(const LabPlan& plan);

}  // namespace flatlan::lab
