#pragma once

#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan::pod {

/// Removes the node's routes to pods whose addresses are of the cluster and in none of `blocks`: a
/// node that has lost a block must not keep another's address for itself. Says whose they were.
Result<std::vector<IpAddress>> remove_lost_routes(const Namespace& node,
                                                  const std::vector<IpPrefix>& cluster_prefixes,
                                                  const std::vector<IpPrefix>& blocks);

}  // namespace flatlan::pod
