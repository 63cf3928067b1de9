#pragma once

#include <memory>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "tests/conformance/tunnel/testbed.hpp"
#include "tests/support/network_test.hpp"
#include "tests/support/sample_cluster.hpp"

namespace flatlan::tunnel {

/// A cluster of namespaces on one link, so that every backend can carry it: nodes of a sample
/// cluster, each with one pod of both families, and a stranger on the underlay that is no node. All
/// neighbours are permanent. Packets pass when it is made.
class Cluster {
public:
    Cluster(const Pairing& pairing, const SampleShape& shape);

    SampleCluster sample;
    /// What node 0 knows of narrow paths.
    std::vector<PathMtu> narrow_paths;

    const Namespace& node(std::size_t index) const { return nodes_[index].network; }
    const Namespace& pod(std::size_t index) const { return *nodes_[index].pod; }
    const Namespace& stranger() const { return stranger_; }
    Backend& backend(std::size_t index) { return *nodes_[index].backend; }

    /// The third address of the node's block of that family.
    IpAddress pod_address(std::size_t index, IpFamily family) const;
    /// Of pods, which is that of the narrower of both backends.
    OverlayMtu mtu() const { return mtu_; }

    TunnelWanted wanted_for(std::size_t index) const;
    Result<TunnelChange> apply(std::size_t index);
    /// Ends the node's backend, as if its process had ended, and opens another one.
    void restart(std::size_t index);

private:
    struct Node {
        Namespace network;
        const Candidate* candidate;
        std::unique_ptr<Backend> backend;
        std::optional<Namespace> pod;
    };

    Namespace join_link(std::size_t port, const IpAddress& address, const MacAddress& mac);
    void add_pod(std::size_t index);

    Namespace link_;
    Namespace stranger_;
    OverlayMtu mtu_{OverlayMtu::kMin};
    std::vector<Node> nodes_;
};

/// Underlay address of the stranger.
IpAddress stranger_address(IpFamily family);

/// The base of every scenario.
class Conformance : public support::NetworkTest, public testing::WithParamInterface<Pairing> {};

}  // namespace flatlan::tunnel
