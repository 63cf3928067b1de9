#pragma once

#include <string>

#include "overlay/base/time.hpp"
#include "tools/cni/request.hpp"

namespace flatlan::cni {

/// Appends one line about a call to the configuration's log file, where it names one: local time,
/// verb, attachment, how it went, how long it took. Several calls may write at once: a line is one
/// write.
Result<void> log_call(const Request& request, const Outcome<std::string>& outcome, Duration took);

}  // namespace flatlan::cni
