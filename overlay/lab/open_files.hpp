#pragma once

#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_spec.hpp"

namespace flatlan::lab {

/// Everything in a lab is held by a descriptor: raises this process's limit of open files as far as
/// the user may (its children inherit it) and checks that the plan's nodes and pods fit, with the
/// containers that the spec has for them. Error forbidden with both numbers, before anything is
/// made.
Result<void> check_open_files(const LabSpec& spec, const LabPlan& plan);

}  // namespace flatlan::lab
