#pragma once

#include <vector>

#include "overlay/probe/plan.hpp"
#include "tools/cli/arguments.hpp"

namespace flatlan::cli {

/// The flags that say what a reachability test tries, the same for `flatlan reach` and
/// `flatlan-reach`.
std::vector<OptionUsage> reach_options();

/// What they ask for. Errors, all invalid_argument with the flag in `where`.
Result<probe::PlanRequest> reach_request(const Arguments& arguments);

}  // namespace flatlan::cli
