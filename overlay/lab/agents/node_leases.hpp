#pragma once

#include <span>
#include <vector>

#include "ipam/audit.hpp"
#include "overlay/lab/agents/node_machine.hpp"

namespace flatlan::lab {

/// A look at the leases that a node's daemon and plugin keep on its disk, without disturbing them.
/// Errors: not_found before the daemon has made them, else the store's.
Result<ipam::PoolView> view_leases(const NodeMachine& machine);
/// The same, with who the node is for the registry.
Result<ipam::NodeSurvey> survey_leases(const NodeMachine& machine, const NodeName& name);
/// Ends those of the leases that are still the same; returns them.
Result<std::vector<ipam::Lease>> release_leases(const NodeMachine& machine,
                                                std::span<const ipam::Lease> leases);

}  // namespace flatlan::lab
