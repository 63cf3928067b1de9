#pragma once

#include <map>
#include <vector>

#include "overlay/control/directory.hpp"
#include "overlay/node/cluster_mirror.hpp"

namespace flatlan::node {

/// Whether what the registry says of the other nodes is all that there is.
enum class Completeness : std::uint8_t {
    whole,
    gathering,  ///< it lost records that are on their way back: what is not in it may still hold
};

/// The directory of a cluster as one of its nodes knows it from the registry. A node that
/// contradicts another one is left out, and the live and older one stays.
class NodeDirectory {
public:
    explicit NodeDirectory(tunnel::TunnelSettings settings) : directory_{std::move(settings)} {}

    /// Takes in what the mirror shows, and the node itself as it knows itself; says whether the
    /// directory has changed.
    bool update(const ClusterMirror& mirror, const tunnel::TunnelNode& self,
                Completeness completeness);

    const control::Directory& directory() const { return directory_; }
    /// The nodes that are left out, and why.
    const std::map<NodeName, Error>& left_out() const { return left_out_; }

private:
    /// A node with its rank: of two that contradict each other the first in rank stays.
    struct Candidate {
        tunnel::TunnelNode node;
        std::uint8_t rank;  ///< 0 the node itself, 1 alive, 2 not
        registry::Revision revision;
    };

    std::vector<Candidate> candidates(const ClusterMirror& mirror, Completeness completeness);
    void forget_gone(const ClusterMirror& mirror);
    bool change(const std::vector<Candidate>& wanted);
    void rebuild(std::vector<Candidate> wanted);

    control::Directory directory_;
    std::map<NodeName, KnownNode> peers_;  ///< those of the registry and those it has lost
    std::map<NodeName, Error> left_out_;
};

}  // namespace flatlan::node
