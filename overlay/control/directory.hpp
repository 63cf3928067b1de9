#pragma once

#include <span>
#include <vector>

#include "tunnel/backend.hpp"

/// Decides which node owns which prefix and what each node must know. Touches nothing.
namespace flatlan::control {

/// Everything that is known of the cluster's nodes: the one copy of it in a process. Who adds a
/// node that contradicts another one is refused, so what a backend is handed is consistent.
class Directory {
public:
    explicit Directory(tunnel::TunnelSettings settings) : settings_{std::move(settings)} {}

    /// Adds the node, or changes what was known under its name. Error invalid_argument when a block
    /// lies outside the cluster's prefixes or an overlay address in none of the node's blocks,
    /// conflict when another node has its endpoint or MAC address or a block that overlaps; then
    /// nothing changes. The cost grows with the number of nodes.
    Result<void> put(tunnel::TunnelNode node);
    /// Forgets the node; nothing happens when it is not known.
    void remove(const NodeName& name);

    const tunnel::TunnelNode* find(const NodeName& name) const;
    /// Sorted by name.
    std::span<const tunnel::TunnelNode> nodes() const { return nodes_; }
    const tunnel::TunnelSettings& settings() const { return settings_; }

    /// What the tunnel of `name` must be. The node must be known; valid until the next change.
    tunnel::TunnelWanted wanted_for(const NodeName& name) const;

private:
    tunnel::TunnelSettings settings_;
    std::vector<tunnel::TunnelNode> nodes_;
};

}  // namespace flatlan::control
