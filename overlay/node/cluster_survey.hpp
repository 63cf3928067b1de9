#pragma once

#include "ipam/audit.hpp"
#include "ipam/lease_store.hpp"
#include "overlay/control/records.hpp"
#include "overlay/registry/registry.hpp"

/// What an audit of a real cluster looks at (ipam/audit.hpp).
namespace flatlan::node {

/// What the registry itself says, asked now: every claim, and as members whoever has a record or
/// gives a sign of life. Errors: the registry's; those of a record that cannot be read.
Result<ipam::ClusterSurvey::Registry> survey_registry(registry::Registry& registry,
                                                      const control::RecordKeys& keys);

/// A node's leases and the network namespaces of its machine. The calling thread's is the node's
/// own.
Result<ipam::NodeSurvey> survey_node(ipam::LeaseStore& leases, ipam::LiveNamespaces& live,
                                     const NodeName& name);

}  // namespace flatlan::node
