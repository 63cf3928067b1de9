#include "overlay/control/directory.hpp"

#include <algorithm>

namespace flatlan::control {
namespace {

using tunnel::TunnelNode;

bool inside(const std::vector<IpPrefix>& prefixes, const IpPrefix& inner) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const IpPrefix& prefix) { return prefix.contains(inner); });
}

Error conflict(const TunnelNode& node, const std::string& what, const TunnelNode& holder) {
    return Error{ErrorCode::conflict, "node '" + node.name.text() + "': " + what +
                                          " belongs to node '" + holder.name.text() + "'"};
}

/// What `node` and `other` both claim; a node never contradicts itself.
Result<void> no_conflict(const TunnelNode& node, const TunnelNode& other) {
    if (other.name == node.name) return success();
    if (other.endpoint == node.endpoint)
        return conflict(node, "endpoint " + to_string(node.endpoint), other);
    if (other.mac == node.mac) return conflict(node, "MAC address " + to_string(node.mac), other);
    for (const IpPrefix& block : node.blocks)
        for (const IpPrefix& theirs : other.blocks)
            if (theirs.overlaps(block)) return conflict(node, "block " + to_string(block), other);
    return success();
}

/// Whether what the node says of itself fits the cluster and fits together.
Result<void> no_contradiction(const TunnelNode& node, const std::vector<IpPrefix>& cluster) {
    const auto wrong = [&](const std::string& what) {
        return Error{ErrorCode::invalid_argument, "node '" + node.name.text() + "': " + what};
    };
    for (const IpPrefix& block : node.blocks)
        if (!inside(cluster, block))
            return wrong("block " + to_string(block) + " lies outside the cluster's prefixes");
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = node.overlay.find(family);
            address && !inside(node.blocks, IpPrefix::host(*address)))
            return wrong("address " + to_string(*address) + " lies in none of its blocks");
    return success();
}

}  // namespace

Result<void> Directory::put(TunnelNode node) {
    FLATLAN_TRY_VOID(no_contradiction(node, settings_.cluster_prefixes));
    for (const TunnelNode& other : nodes_)
        FLATLAN_TRY_VOID(no_conflict(node, other));

    const auto at = std::lower_bound(
        nodes_.begin(), nodes_.end(), node.name,
        [](const TunnelNode& known, const NodeName& name) { return known.name < name; });
    if (at != nodes_.end() && at->name == node.name)
        *at = std::move(node);
    else
        nodes_.insert(at, std::move(node));
    return success();
}

void Directory::remove(const NodeName& name) {
    std::erase_if(nodes_, [&](const TunnelNode& node) { return node.name == name; });
}

const TunnelNode* Directory::find(const NodeName& name) const {
    const auto at = std::lower_bound(
        nodes_.begin(), nodes_.end(), name,
        [](const TunnelNode& known, const NodeName& wanted) { return known.name < wanted; });
    return at != nodes_.end() && at->name == name ? &*at : nullptr;
}

tunnel::TunnelWanted Directory::wanted_for(const NodeName& name) const {
    const TunnelNode* self = find(name);
    FLATLAN_CHECK(self != nullptr);
    return {settings_, *self, nodes_};
}

}  // namespace flatlan::control
