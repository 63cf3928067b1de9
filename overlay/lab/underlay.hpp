#pragma once

#include <span>
#include <vector>

#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_spec.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"

namespace flatlan::lab {

/// The network between nodes, routed: a network namespace that is a router with one cable to each
/// node.
///
/// No bridge, so no limit of ports and no flooding; every neighbour is permanent, so the kernel's
/// one neighbour table stays free however many nodes there are. A node reaches another one by way
/// of the router, as on a network where each machine has an uplink of its own.
class Underlay {
public:
    /// Makes the router, with no node attached.
    static Result<Underlay> create(std::vector<IpPrefix> cidrs, UnderlayMtu mtu);

    /// Makes a network namespace for each of the nodes, with `eth0` in it that has the node's
    /// underlay addresses and a default route to the router. All or none. `first_port` numbers the
    /// router's ends of the cables: each number is used once.
    Result<std::vector<Namespace>> attach(std::span<const PlannedNode> nodes,
                                          std::size_t first_port);

    /// Takes the cable of a node away; both ends go.
    Result<void> detach(std::size_t port);
    /// The same of all nodes at once.
    Result<void> detach_all();

private:
    Underlay(Namespace router, std::vector<IpPrefix> cidrs, UnderlayMtu mtu)
        : router_{std::move(router)}, cidrs_{std::move(cidrs)}, mtu_{mtu} {}

    /// To the router a node is what a pod is to a node.
    pod::SandboxNode as_sandbox_node() const;

    Namespace router_;
    std::vector<IpPrefix> cidrs_;
    UnderlayMtu mtu_;
};

}  // namespace flatlan::lab
