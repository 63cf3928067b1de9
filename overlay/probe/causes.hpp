#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "overlay/probe/explanation.hpp"
#include "overlay/probe/judge.hpp"
#include "overlay/probe/plan.hpp"

namespace flatlan::probe {

/// Why many checks fail together, as far as the tester can tell.
struct Cause {
    Verdict verdict;
    std::string hop;       ///< where: a member's name or an address; empty when not known
    std::string scope;     ///< "all 40 pairs to n3 from other nodes, IPv6"
    std::string evidence;  ///< what was seen of one of the checks
    std::string mend;      ///< what can be done
    std::size_t pairs;     ///< ordered pairs that fail by it
    std::size_t checks;    ///< checks of those pairs
};

/// Groups the failures of a plan into causes, the largest first: those that fail in the same way,
/// at the same place, and together are all pairs of something that has a name. Each failure belongs
/// to one cause. Pairs whose packets only vanished go with those of which somebody said why, where
/// both together make a whole of which most say so, or which begins or ends at that place: a router
/// says so once a second and not for each (icmp(7)).
/// A million pairs with a thousand failures take a fraction of a second.
///
/// `explanations` has what was found of each failure beyond what its ends saw, null where nothing
/// was, or is empty: what one fault explains is one cause.
std::vector<Cause> find_causes(std::span<const Member> members, const Plan& plan,
                               std::span<const Failure> failures,
                               std::span<const Explanation* const> explanations = {});

}  // namespace flatlan::probe
