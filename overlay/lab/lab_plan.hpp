#pragma once

#include <optional>
#include <span>
#include <vector>

#include "overlay/lab/lab_spec.hpp"

namespace flatlan::lab {

/// A node with everything decided that is decided before it is made.
struct PlannedNode {
    NodeName name;
    IpAddresses underlay;  ///< one address for each family of the underlay
    tunnel::BackendKind backend;
};

/// The node's end of the tunnel: IPv4 where the underlay has both.
IpAddress endpoint_of(const PlannedNode& node);

/// A pod and the node on which it will be. Its addresses are IPAM's and come when it is made.
struct PlannedPod {
    PodName name;
    NodeName node;
};

/// Who goes where. Pure and repeatable: the same spec gives the same plan.
struct LabPlan {
    std::vector<PlannedNode> nodes;         ///< in the order of the lab file
    std::vector<PlannedPod> pods;           ///< in the order of the lab file
    std::optional<PlannedNode> registry{};  ///< the node of etcd, with Agents::process
};

/// Plans a lab from nothing. Errors, all invalid_argument: more nodes than underlay addresses, more
/// nodes and pods than the pod prefixes hold in whole blocks (ruling: checked before anything is
/// made), an underlay address given twice or outside the underlay's prefixes, an MTU too small for
/// the overlay.
Result<LabPlan> plan_lab(const LabSpec& spec);

/// Plans a changed lab so that what is there stays: a node keeps its underlay address and a pod its
/// node where `spec` still has both and does not say otherwise. New pods go where the fewest are.
Result<LabPlan> plan_lab(const LabSpec& spec, const LabPlan& running);

}  // namespace flatlan::lab
