#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipam/block_ledger.hpp"
#include "overlay/control/member_records.hpp"
#include "overlay/control/records.hpp"
#include "overlay/registry/mirror.hpp"

namespace flatlan::node {

/// A node's record, and when it was written.
struct KnownNode {
    control::NodeRecord record;
    registry::Revision revision;
    friend bool operator==(const KnownNode&, const KnownNode&) = default;
};

/// What the registry says about a cluster, followed by one watch and taken apart: who claims which
/// block, who is a member, who is alive.
class ClusterMirror {
public:
    /// `on_change` is called from any thread when `poll` has something to take, as with
    /// Registry::watch.
    ClusterMirror(registry::Registry& registry, const control::RecordKeys& keys,
                  ipam::ClusterPools pools, std::function<void()> on_change = {})
        : keys_{keys},
          members_{keys},
          mirror_{registry, keys.root(), std::move(on_change)},
          ledger_{std::move(pools)} {}

    /// Takes what has changed and says whether anything has. After an error everything is as
    /// before, and the next call tries again.
    Result<bool> poll(Duration timeout);

    ipam::BlockLedger& ledger() { return ledger_; }
    const ipam::BlockLedger& ledger() const { return ledger_; }
    const control::RecordKeys& keys() const { return keys_; }
    const control::MemberKeys& member_keys() const { return members_; }
    /// As Mirror's.
    std::uint64_t readings() const { return mirror_.readings(); }
    /// How often anything has changed.
    std::uint64_t changes() const { return changes_; }

    /// Of the record as the mirror has it; Revision{} when it has none.
    registry::Revision revision_of(const std::string& key) const;
    /// The text of the record; empty when the mirror has none.
    std::string_view find(const std::string& key) const;
    bool is_alive(const NodeName& name) const { return has(members_.alive(name)); }
    std::optional<control::RollRecord> find_roll(const NodeName& name) const;
    std::optional<control::EpochRecord> find_epoch() const;
    /// Members that have not published their blocks in this epoch; sorted.
    std::vector<NodeName> awaited() const;
    /// Live nodes that want blocks of which the cluster has none; by name.
    std::vector<std::pair<NodeName, control::WantsRecord>> wants() const;
    /// Who gives the sign of life of that name; empty when nobody does, or it cannot be read.
    std::optional<ipam::Incarnation> find_alive(const NodeName& name) const;
    std::optional<control::ClusterRecord> find_cluster() const;
    /// The node records that can be read.
    const std::map<NodeName, KnownNode>& nodes() const { return nodes_; }
    /// Nodes that have a record or a claim; sorted.
    std::vector<NodeName> members() const;
    /// Nobody may claim where a record cannot be read (it may be of a newer version): its error.
    Result<void> check_readable() const;

private:
    bool has(const std::string& key) const { return mirror_.records().contains(key); }
    void learn(const registry::Event& event);
    void learn_node(const registry::Event& event);
    void learn_claim(const registry::Event& event);
    /// Every record whose key is `prefix` and a node's name.
    void for_each_named(const std::string& prefix,
                        const std::function<void(NodeName, const registry::Record&)>& visit) const;

    control::RecordKeys keys_;
    control::MemberKeys members_;
    registry::Mirror mirror_;
    ipam::BlockLedger ledger_;
    std::map<NodeName, KnownNode> nodes_;
    std::map<std::string, Error> unreadable_;  ///< by key
    std::uint64_t changes_ = 0;
};

}  // namespace flatlan::node
