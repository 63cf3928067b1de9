#pragma once

#include <memory>
#include <span>
#include <vector>

#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_spec.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan::lab {

/// The network between nodes. Every neighbour on it is permanent, so the kernel's one neighbour
/// table stays free however many nodes there are.
class Underlay {
public:
    virtual ~Underlay() = default;

    /// Makes a network namespace for each of the nodes, with `eth0` in it that has the node's
    /// underlay addresses and reaches every other node's. All or none. `first_port` numbers the
    /// cables: each number is used once.
    virtual Result<std::vector<Namespace>> attach(std::span<const PlannedNode> nodes,
                                                  std::size_t first_port) = 0;

    /// Where the other ends of the nodes' cables are: a router or a bridge.
    virtual const Namespace& network() const = 0;

    /// Takes the cable of a node away; both ends go.
    virtual Result<void> detach(std::size_t port) = 0;
    /// The same of all nodes at once.
    virtual Result<void> detach_all() = 0;
};

/// The underlay that the lab file asks for, with no node attached.
Result<std::unique_ptr<Underlay>> create_underlay(const LabSpec& spec);

}  // namespace flatlan::lab
