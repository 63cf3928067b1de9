#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "overlay/control/directory.hpp"
#include "overlay/lab/lab_node.hpp"
#include "overlay/node/path_watch.hpp"
#include "overlay/node/tunnel_keeper.hpp"

namespace flatlan::lab {

/// What the threads that keep a lab right work on: the world's own.
struct KeptCluster {
    std::mutex& work;  ///< held by whoever changes nodes
    const std::map<NodeName, std::unique_ptr<LabNode>>& nodes;
    const control::Directory& directory;
};

/// Keeps a running lab as it should be, by threads of its own: the tunnels whatever somebody does
/// to them, and the pods' routes as wide as the underlay's ways. Must end before its cluster, and
/// while nobody holds `work`.
class Upkeep {
public:
    static Result<std::unique_ptr<Upkeep>> start(KeptCluster cluster);

    /// All nodes that are there now and not stopped; those that are watched already stay so.
    Result<void> watch_all();
    /// Before the node goes.
    void forget(const NodeName& node) { keeper_->forget(node); }

private:
    explicit Upkeep(KeptCluster cluster) : cluster_{cluster} {}
    Result<void> repair(const NodeName& name);
    Result<std::vector<node::PathEnd>> path_ends();
    Result<void> narrow(const NodeName& name, std::vector<tunnel::PathMtu> paths);

    KeptCluster cluster_;
    std::unique_ptr<node::TunnelKeeper> keeper_;
    std::unique_ptr<node::PathWatch> path_watch_;
};

}  // namespace flatlan::lab
