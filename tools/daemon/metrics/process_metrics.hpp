#pragma once

#include "overlay/base/result.hpp"
#include "tools/daemon/metrics/exposition.hpp"

namespace flatlan::daemon {

/// What every program says of its own process, by the names that Prometheus' clients use: processor
/// time, memory, open files, when it was started (proc(5)).
Result<void> write_process(Exposition& out);

}  // namespace flatlan::daemon
