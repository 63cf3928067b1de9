#pragma once

#include <string>

namespace flatlan::lab {

/// Writes it to this program's log, for those parts that warn and do not log themselves.
void log_warning(const std::string& why);

}  // namespace flatlan::lab
