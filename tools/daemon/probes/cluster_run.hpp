#pragma once

#include <functional>
#include <string>
#include <vector>

#include "overlay/probe/cluster/probe_keys.hpp"
#include "overlay/probe/cluster/probe_records.hpp"
#include "tools/daemon/api/cluster_answer.hpp"
#include "tools/daemon/probes/run_records.hpp"

namespace flatlan::daemon {

/// Who asks something of all nodes of a cluster, and how they are reached.
struct ClusterAsker {
    registry::Registry& registry;
    LabName cluster;
    NodeName asker;
    std::vector<NodeName> nodes;  ///< those that are alive, the asker among them
    std::function<bool()> ended;  ///< the daemon ends
};

/// Something asked of a cluster's nodes through the registry, as long as this exists. One at a time
/// in a cluster; another one is waited for, but not for long.
class ClusterRun {
public:
    /// `chance` tells it from others. The asker outlives it.
    ClusterRun(const ClusterAsker& asker, std::uint64_t chance);

    /// Asks, and waits for who takes part. Those that say nothing in time, or that they cannot, are
    /// silent. Errors: conflict when another test does not end; unavailable when nobody takes part;
    /// the registry's; interrupted.
    Result<void> begin(probe::Purpose purpose);

    const probe::RunKeys& keys() const { return keys_; }
    RunRecords& records() { return records_; }
    /// The nodes that are still with us.
    const std::vector<NodeName>& ready() const { return ready_; }
    /// Who takes part of those that were with us at the beginning, and their records.
    const std::vector<probe::Member>& members() const { return members_; }
    const std::vector<ClusterAnswer::Members>& sheets() const { return sheets_; }
    std::vector<ClusterAnswer::Silent>& silent() { return silent_; }

    /// Of each node a record of one kind.
    using KeyOf = std::function<std::string(const NodeName&)>;
    KeyOf of_all(std::string_view kind) const {
        return [this, kind](const NodeName& node) { return keys_.for_all(kind, node); };
    }
    KeyOf told(std::string_view kind) const {
        return [this, kind](const NodeName& node) { return keys_.for_asker(kind, node); };
    }
    /// Tells all nodes; with a thousand of them that may be more than a record holds.
    Result<void> call(std::string_view kind, const std::string& record) {
        return records_.put_long(keys_.for_all(kind), record);
    }
    /// Waits for that record of each node. Who gives none in time, or refuses, is silent from then
    /// on; the others are those that are ready.
    Result<void> gather(const KeyOf& key_of, const std::vector<NodeName>& nodes, Duration patience,
                        const std::string& failing);
    /// Why the node does not take part any further, where it says so.
    std::optional<std::string> refusal_of(const NodeName& node) const;

private:
    /// Says what is wanted; the request's key lets only one in.
    Result<void> ask(probe::Purpose purpose);
    /// Takes those out who cannot take part.
    void take_members();

    const ClusterAsker& asker_;
    std::string run_;
    probe::RunKeys keys_;
    RunRecords records_;
    std::vector<NodeName> ready_;
    std::vector<probe::Member> members_;
    std::vector<ClusterAnswer::Members> sheets_;
    std::vector<ClusterAnswer::Silent> silent_;
};

}  // namespace flatlan::daemon
