#pragma once

#include "overlay/base/boot_id.hpp"
#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"

namespace flatlan {

/// The time since the machine booted, suspended or not (CLOCK_BOOTTIME): one clock for all
/// processes of one boot.
Instant boot_time_now();

/// Which boot of which machine this is. Error when /proc is not mounted.
Result<BootId> read_boot_id();

}  // namespace flatlan
