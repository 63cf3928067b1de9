#pragma once

#include <cstddef>
#include <span>

#include "overlay/probe/plan.hpp"

namespace flatlan::probe {

/// So many checks of one test at most: what nodes see of them stands in the registry for a moment.
inline constexpr std::size_t kClusterChecksMax = 200'000;

/// The plan of a test across machines, the same on each of them. Errors: those of make_plan, and
/// invalid_argument for more checks than kClusterChecksMax, which is found out before anything
/// grows with them.
Result<Plan> make_cluster_plan(std::span<const Member> members, const PlanRequest& request);

}  // namespace flatlan::probe
