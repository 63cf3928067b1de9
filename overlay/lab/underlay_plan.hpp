#pragma once

#include <vector>

#include "overlay/lab/lab_plan.hpp"

namespace flatlan::lab {

/// How many nodes a prefix of the underlay has addresses for: all but the lowest (it names the
/// prefix, or is IPv6's subnet-router anycast: RFC 4291, section 2.6.1) and, for IPv4, the highest
/// (broadcast).
std::uint64_t node_addresses(const IpPrefix& underlay);

/// The underlay addresses of `spec.nodes`, in their order, one for each family of the underlay:
/// those that the file names, then those that nodes have in `running`, then the lowest that are
/// free. Errors invalid_argument: an address outside the underlay, reserved in it or named twice,
/// fewer addresses than nodes.
Result<std::vector<IpAddresses>> plan_underlay(const LabSpec& spec, const LabPlan& running);

}  // namespace flatlan::lab
