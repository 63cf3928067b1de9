#pragma once

#include "overlay/lab/machine/machine_facts.hpp"

namespace flatlan::lab {

/// Fills in all that can be read from /proc, /sys, /dev and /etc without trying anything.
void read_settings(MachineFacts& facts);

}  // namespace flatlan::lab
