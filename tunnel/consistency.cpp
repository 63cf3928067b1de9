#include "tunnel/consistency.hpp"

#include <algorithm>
#include <functional>

namespace flatlan::tunnel {
namespace {

Error refuse(const TunnelNode& node, const std::string& what) {
    return Error{ErrorCode::invalid_argument, "node '" + node.name.text() + "': " + what};
}

/// All nodes, `self` first and once.
std::vector<const TunnelNode*> everyone(const TunnelWanted& wanted) {
    std::vector<const TunnelNode*> nodes;
    nodes.reserve(wanted.nodes.size() + 1);
    nodes.push_back(&wanted.self);
    for (const TunnelNode& node : wanted.nodes)
        if (node.name != wanted.self.name) nodes.push_back(&node);
    return nodes;
}

/// Refuses the second of two nodes for which `value_of` gives the same.
template <typename ValueOf>
Result<void> check_unique(std::vector<const TunnelNode*> nodes, const std::string& what,
                          ValueOf value_of) {
    const auto less = [&](const TunnelNode* a, const TunnelNode* b) {
        return value_of(*a) < value_of(*b);
    };
    if (!std::is_sorted(nodes.begin(), nodes.end(), less))
        std::stable_sort(nodes.begin(), nodes.end(), less);
    const auto twice = std::adjacent_find(
        nodes.begin(), nodes.end(),
        [&](const TunnelNode* a, const TunnelNode* b) { return value_of(*a) == value_of(*b); });
    if (twice == nodes.end()) return success();
    return refuse(**std::next(twice), what + " " + flatlan::to_string(value_of(**twice)) +
                                          " belongs to node '" + (*twice)->name.text() + "'");
}

/// `inner` is an address or a prefix.
template <typename Inner>
bool is_inside(const Inner& inner, const std::vector<IpPrefix>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const IpPrefix& prefix) { return prefix.contains(inner); });
}

bool is_unicast(const IpAddress& address) {
    if (address.is_ipv4() && address.ipv4().is_broadcast()) return false;
    return address.value() != 0 && !address.is_multicast();
}

/// What can be said of one node alone.
Result<void> check_node(const TunnelNode& node, const TunnelWanted& wanted) {
    const auto& cluster = wanted.settings.cluster_prefixes;
    if (node.endpoint.family() != wanted.self.endpoint.family())
        return refuse(node, "endpoint " + to_string(node.endpoint) + " is not of the family of " +
                                to_string(wanted.self.endpoint) + ", this node's endpoint");
    if (!is_unicast(node.endpoint))
        return refuse(node, "endpoint " + to_string(node.endpoint) + " is no unicast address");
    if (is_inside(node.endpoint, cluster))
        return refuse(node, "endpoint " + to_string(node.endpoint) +
                                " lies inside the cluster's prefixes, behind the tunnel itself");
    if (node.mac.is_multicast() || node.mac == MacAddress{})
        return refuse(node, "MAC address " + to_string(node.mac) + " is no unicast address");
    for (const IpPrefix& block : node.blocks)
        if (!is_inside(block, cluster))
            return refuse(node,
                          "block " + to_string(block) + " lies outside the cluster's prefixes");
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto own = node.overlay.find(family); own && !is_inside(*own, node.blocks))
            return refuse(node, "its address " + to_string(*own) + " lies in none of its blocks");
    return success();
}

struct OwnedBlock {
    const IpPrefix* block;
    const TunnelNode* owner;
};

/// In sorted order a prefix stands directly before the first that it contains, so neighbours in
/// the order are all that has to be compared.
Result<void> check_disjoint(const std::vector<const TunnelNode*>& nodes) {
    std::vector<OwnedBlock> blocks;
    blocks.reserve(nodes.size() * 2);
    for (const TunnelNode* node : nodes)
        for (const IpPrefix& block : node->blocks)
            blocks.push_back({&block, node});
    const auto less = [](const OwnedBlock& a, const OwnedBlock& b) { return *a.block < *b.block; };
    std::stable_sort(blocks.begin(), blocks.end(), less);
    const auto twice = std::adjacent_find(
        blocks.begin(), blocks.end(),
        [](const OwnedBlock& a, const OwnedBlock& b) { return a.block->overlaps(*b.block); });
    if (twice == blocks.end()) return success();
    const OwnedBlock& second = *std::next(twice);
    return refuse(*second.owner, "block " + to_string(*second.block) + " overlaps " +
                                     to_string(*twice->block) + " of node '" +
                                     twice->owner->name.text() + "'");
}

}  // namespace

Result<void> check_consistent(const TunnelWanted& wanted) {
    const auto nodes = everyone(wanted);
    for (const TunnelNode* node : nodes)
        FLATLAN_TRY_VOID(check_node(*node, wanted));
    FLATLAN_TRY_VOID(check_unique(nodes, "the name", std::mem_fn(&TunnelNode::name)));
    FLATLAN_TRY_VOID(check_unique(nodes, "endpoint", std::mem_fn(&TunnelNode::endpoint)));
    FLATLAN_TRY_VOID(check_unique(nodes, "MAC address", std::mem_fn(&TunnelNode::mac)));
    return check_disjoint(nodes);
}

}  // namespace flatlan::tunnel
