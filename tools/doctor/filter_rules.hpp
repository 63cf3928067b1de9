#pragma once

#include <string_view>
#include <vector>

#include "tools/doctor/node_facts.hpp"
#include "tools/doctor/rule_fit.hpp"
#include "tools/doctor/ruleset.hpp"

namespace flatlan::doctor {

/// The chains at `hook` ("ingress", "forward", "input") that let those packets not through: a
/// policy or a rule drops them, and no rule before it, or in a chain to which it leads, accepts
/// them; and those that may drop some of them, among them all that drop what a rule before may have
/// accepted. A condition that is not about what fit_of calculates with counts as not met by itself,
/// and as doubtful beside one that is met. The tunnel's own table is left out. Pure.
std::vector<ClosedChain> closed_chains(const std::vector<Chain>& chains, std::string_view hook,
                                       const Packets& packets);

/// The chains that give forwarded packets another source or destination, by the same rules. Where
/// a mark or the like spares packets, nothing is said of what comes behind: kube-proxy translates
/// by a mark what its services need. Pure.
std::vector<ClosedChain> translating_chains(const std::vector<Chain>& chains,
                                            const Packets& packets);

}  // namespace flatlan::doctor
