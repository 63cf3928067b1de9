#pragma once

#include <vector>

#include "overlay/probe/causes.hpp"

namespace flatlan::probe {

/// A cause with what it is made of.
struct MadeCause {
    Cause cause;
    const Explanation* why = nullptr;  ///< null where only the ends tell
    std::vector<Pair> pairs{};         ///< sorted
};

/// Makes one cause of what one fault explains, whatever other faults take of its pairs: the first
/// of them, which should be the largest, with the others' checks.
void join_explained(std::vector<MadeCause>& all);

}  // namespace flatlan::probe
