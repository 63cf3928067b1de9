#pragma once

#include "overlay/probe/trace/conclude.hpp"

namespace flatlan::trace {

/// What would be the fault if the tester had seen all that there was to see, told as the tester's
/// own where it may have missed something: tester_overloaded.
Fault unless_overloaded(const Case& asked, Fault fault);

}  // namespace flatlan::trace
