#pragma once

#include <string>

#include "overlay/lab/lab_status.hpp"
#include "tools/cli/console.hpp"

namespace flatlan::cli {

/// The tunnels of a lab for people: of each node what it sent and received, why it dropped and
/// which offloads it uses, then the same peer by peer, as far as the status has it.
std::string tunnel_text(const lab::LabStatus& status, const Terminal& terminal);

}  // namespace flatlan::cli
