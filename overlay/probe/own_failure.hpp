#pragma once

#include "overlay/probe/round.hpp"

namespace flatlan::probe {

/// Whether the tester itself may have caused it: nobody said anything of it, or the tester did.
bool may_be_ours(const Failure& failure);

}  // namespace flatlan::probe
