#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "overlay/probe/judge.hpp"
#include "overlay/probe/member.hpp"

namespace flatlan::probe {

/// Failures that look alike and meet at one place, as far as the tester can tell.
struct Cause {
    Verdict verdict;
    std::string hop;        ///< the node or member at which they meet; empty where there is none
    std::string scope;      ///< "all 8 pairs to n3", "3 pairs"
    std::string evidence;   ///< what was seen of the first of them
    std::string mend;       ///< what can be done; empty where nothing general can be said
    std::size_t pairs = 0;  ///< ordered pairs that fail so
};

/// Groups failures into causes, the largest first: by verdict, and then by the node at which the
/// pairs begin or end, whichever makes fewer groups. Each failure belongs to one cause. `pairs` are
/// all that were tried. Takes a time that grows with pairs and failures, not with their product.
std::vector<Cause> find_causes(std::span<const Member> members, std::span<const Pair> pairs,
                               std::span<const Failure> failures);

}  // namespace flatlan::probe
