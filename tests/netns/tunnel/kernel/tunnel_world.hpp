#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/network_test.hpp"
#include "tests/support/run_tool.hpp"
#include "tests/support/sample_cluster.hpp"
#include "tunnel/kernel/kernel_backend.hpp"

namespace flatlan::tunnel {

/// A cluster of namespaces whose underlay is one bridge: nodes with the endpoints of a sample
/// cluster, all of their underlay neighbours permanent, each with a kernel backend. No tunnel yet.
class TunnelWorld {
public:
    explicit TunnelWorld(const SampleShape& shape);

    SampleCluster cluster;
    /// What every node knows of narrow paths.
    std::vector<PathMtu> narrow_paths;

    std::size_t size() const { return nodes_.size(); }
    const Namespace& underlay() const { return underlay_; }
    const Namespace& network(std::size_t node) const { return nodes_[node].network; }
    Netlink& netlink(std::size_t node) { return nodes_[node].netlink; }
    KernelBackend& backend(std::size_t node) { return nodes_[node].backend; }
    /// The node's own address on the flat network.
    IpAddress overlay(std::size_t node, IpFamily family) const {
        return cluster.nodes[node].overlay.find(family).value();
    }

    /// What the node's backend makes of the cluster as it is now.
    Result<TunnelChange> apply(std::size_t node) {
        TunnelWanted wanted = cluster.wanted_for(node);
        wanted.narrow_paths = narrow_paths;
        return backend(node).apply(wanted);
    }
    /// The same on every node, until all can be reached.
    void apply_all();
    /// The kernel makes the local route of an IPv6 address later, in a worker (addrconf_dad_work),
    /// also when there is no duplicate to look for. Waits for those.
    void wait_until_local();

    /// Runs a tool in the node's namespace.
    std::string run(std::size_t node, std::string_view command) const {
        return support::run_tool(network(node), command);
    }

private:
    struct Node {
        Namespace network;
        Netlink netlink;
        KernelBackend backend;
    };

    void add_node(std::size_t index, Netlink& switch_netlink);

    Namespace underlay_;
    std::vector<Node> nodes_;
};

}  // namespace flatlan::tunnel
