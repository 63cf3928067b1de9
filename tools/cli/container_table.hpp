#pragma once

#include <string>

#include "overlay/lab/lab_status.hpp"
#include "tools/cli/console.hpp"

namespace flatlan::cli {

/// The containers of a lab, for people: what each does, how often it was started again, and what
/// became of it last. Of many only those that do not run. Empty when there is nothing to show.
std::string container_table(const lab::LabStatus& status, const Terminal& terminal);

}  // namespace flatlan::cli
