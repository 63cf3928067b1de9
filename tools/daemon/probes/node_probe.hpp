#pragma once

#include <functional>

#include "overlay/probe/cluster/probe_keys.hpp"
#include "overlay/probe/io/cluster/cluster_lanes.hpp"
#include "overlay/probe/io/cluster/own_stretch.hpp"
#include "tools/daemon/probes/own_members.hpp"
#include "tools/daemon/probes/run_records.hpp"

namespace flatlan::daemon {

/// A node's part of one test of its cluster, or of a trace: says who takes part, opens their
/// sockets, probes the others and answers them, and tells what was seen
/// (overlay/probe/cluster/probe_records.hpp). All that it writes goes with its session, which ends
/// with the test.
class NodeProbe {
public:
    struct Options {
        NodeName node;
        LabName cluster;
        std::string run;
        probe::Purpose purpose = probe::Purpose::reach;
        trace::OwnTunnel tunnel{};    ///< of this node, for a trace
        std::function<bool()> ended;  ///< the daemon ends
        std::function<Result<OwnMembers>()> own_members;
    };
    NodeProbe(registry::Registry& registry, Options options, OwnMembers own);

    /// From the request until nobody asks any more. Error interrupted when that is, or the daemon
    /// ends, before all has been told; any other is told to who asks as well.
    Result<void> answer();

private:
    Result<void> follow();
    /// Tells why this node goes no further.
    void refuse(const Error& error);
    /// What all nodes together are, in the order of the roster.
    Result<std::vector<probe::Member>> all_members(const probe::Roster& roster);
    Result<void> take_part(const probe::Roster& roster);
    Result<void> probe(probe::ClusterLanes& lanes, const std::vector<probe::Member>& members);
    /// The record of those of this node that have been removed since the test began.
    std::string find_gone(const std::vector<probe::Member>& members) const;

    Options options_;
    OwnMembers own_;
    probe::RunKeys keys_;
    RunRecords records_;
    Instant deadline_;
};

}  // namespace flatlan::daemon
