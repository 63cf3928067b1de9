#pragma once

#include <vector>

#include "overlay/probe/cluster/trace/question.hpp"
#include "overlay/probe/trace/walk.hpp"

namespace flatlan::trace {

/// What a walk over a flow will ask the kernels for beside facts, as long as they answer as they
/// should: it walks over what they are expected to say. The facts of the flow's ends and of their
/// nodes are known to `inquiry`, which is asked for nothing else. What it says is no promise: a
/// walk may ask for more, and for other things.
std::vector<KernelQuestion> foresee(const Atlas& atlas, Inquiry& inquiry, const Flow& flow);

}  // namespace flatlan::trace
