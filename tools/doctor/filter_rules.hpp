#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/doctor/node_facts.hpp"
#include "tools/doctor/rule_fit.hpp"

namespace flatlan::doctor {

/// The chains of a ruleset (as `nft list ruleset` prints it) at `hook` ("forward", "input") that
/// let those packets not through: a policy or a rule drops them, and no rule before it, or in a
/// chain to which it leads, accepts them; and those that may drop some of them, among them all that
/// drop what a rule before may have accepted. A condition that is not about what fit_of calculates
/// with counts as not met by itself, and as doubtful beside one that is met. The tunnel's own table
/// is left out. Pure.
std::vector<ClosedChain> closed_chains(std::string_view ruleset, std::string_view hook,
                                       const Packets& packets);

}  // namespace flatlan::doctor
