#include "overlay/node/node_directory.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace flatlan::node {
namespace {

using ipam::BlockClaim;
using ipam::NodeIdentity;
using tunnel::TunnelNode;

/// The blocks out of which each node gives addresses.
std::map<NodeIdentity, std::vector<IpPrefix>> confirmed_blocks(const ipam::BlockLedger& ledger) {
    std::map<NodeIdentity, std::vector<IpPrefix>> blocks;
    for (const BlockClaim& claim : ledger.claims())
        if (claim.state == ipam::ClaimState::confirmed) blocks[claim.owner].push_back(claim.block);
    return blocks;
}

/// Of a node's own addresses those that lie in its blocks: one that lost a block gets others soon,
/// and its pods are reached meanwhile.
void keep_owned(TunnelNode& node) {
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = node.overlay.find(family);
            address &&
            std::none_of(node.blocks.begin(), node.blocks.end(),
                         [&](const IpPrefix& block) { return block.contains(*address); }))
            node.overlay.clear(family);
}

void add_missing(std::vector<IpPrefix>& blocks, const std::vector<IpPrefix>& others) {
    for (const IpPrefix& block : others)
        if (std::find(blocks.begin(), blocks.end(), block) == blocks.end()) blocks.push_back(block);
    std::sort(blocks.begin(), blocks.end());
}

}  // namespace

bool NodeDirectory::update(const ClusterMirror& mirror, const TunnelNode& self,
                           Completeness completeness) {
    for (const auto& [name, known] : mirror.nodes())
        if (const auto at = peers_.find(name); at == peers_.end())
            peers_.emplace(name, known);
        else if (at->second != known)
            at->second = known;
    if (completeness == Completeness::whole) forget_gone(mirror);
    peers_.erase(self.name);

    auto wanted = candidates(mirror, completeness);
    wanted.push_back({self, 0, {}});
    if (left_out_.empty() && change(wanted)) return true;
    if (left_out_.empty()) return false;
    const std::vector<TunnelNode> before(directory_.nodes().begin(), directory_.nodes().end());
    rebuild(std::move(wanted));
    return !std::equal(before.begin(), before.end(), directory_.nodes().begin(),
                       directory_.nodes().end());
}

/// A record that is gone while its node still has blocks is one that the registry lost.
void NodeDirectory::forget_gone(const ClusterMirror& mirror) {
    std::erase_if(peers_, [&](const auto& peer) {
        return mirror.revision_of(mirror.keys().node(peer.first)) == registry::Revision{} &&
               mirror.ledger().claims_of(peer.first).empty();
    });
}

std::vector<NodeDirectory::Candidate> NodeDirectory::candidates(const ClusterMirror& mirror,
                                                                Completeness completeness) {
    auto blocks = confirmed_blocks(mirror.ledger());
    std::vector<Candidate> candidates;
    for (const auto& [name, peer] : peers_) {
        TunnelNode node = peer.record.node;
        node.blocks = std::move(blocks[{name, peer.record.incarnation}]);
        const TunnelNode* known = directory_.find(name);
        if (completeness == Completeness::gathering && known != nullptr)
            add_missing(node.blocks, known->blocks);
        keep_owned(node);
        const std::uint8_t rank = mirror.is_alive(name) ? 1 : 2;
        candidates.push_back({std::move(node), rank, peer.revision});
    }
    return candidates;
}

/// Puts in what differs, which costs little for a few. False when nothing does; one that is
/// refused is left out.
bool NodeDirectory::change(const std::vector<Candidate>& wanted) {
    std::map<NodeName, const TunnelNode*> changed;
    std::set<NodeName> names;
    for (const Candidate& candidate : wanted) {
        names.insert(candidate.node.name);
        const TunnelNode* known = directory_.find(candidate.node.name);
        if (known == nullptr || *known != candidate.node)
            changed.emplace(candidate.node.name, &candidate.node);
    }
    std::vector<NodeName> gone;
    for (const TunnelNode& known : directory_.nodes())
        if (!names.contains(known.name)) gone.push_back(known.name);
    for (const NodeName& name : gone)
        directory_.remove(name);
    // All of them first: a block or an address may go from one to the other.
    for (const auto& [name, node] : changed)
        directory_.remove(name);
    for (const auto& [name, node] : changed)
        if (auto put = directory_.put(*node); !put) {
            rebuild(wanted);
            return true;
        }
    return !gone.empty() || !changed.empty();
}

void NodeDirectory::rebuild(std::vector<Candidate> wanted) {
    std::sort(wanted.begin(), wanted.end(), [](const Candidate& one, const Candidate& other) {
        return std::tie(one.rank, one.revision, one.node.name) <
               std::tie(other.rank, other.revision, other.node.name);
    });
    directory_ = control::Directory{directory_.settings()};
    left_out_.clear();
    for (Candidate& candidate : wanted) {
        const NodeName name = candidate.node.name;
        if (auto put = directory_.put(std::move(candidate.node)); !put)
            left_out_.emplace(name, std::move(put).error());
    }
}

}  // namespace flatlan::node
