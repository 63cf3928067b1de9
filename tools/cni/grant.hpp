#pragma once

#include "tools/cni/node_state.hpp"

namespace flatlan::cni {

/// Gives the key its addresses, one of each of the cluster's families, and makes that durable. A
/// lease that the key has already is from an ADD that was killed (the caller has seen that nothing
/// came of it), and is replaced.
///
/// Errors: try_again_later when the node is fenced or its blocks are full, address_refused for a
/// wish that cannot be met, io_failure when the disk is full, and those of the database.
Outcome<IpAddresses> grant(ipam::LeaseStore& leases, const NodeState& state,
                           const ipam::LeaseKey& key, const Wishes& wishes, ipam::NetnsInode netns);

}  // namespace flatlan::cni
