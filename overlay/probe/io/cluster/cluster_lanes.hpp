#pragma once

#include <memory>
#include <set>
#include <vector>

#include "overlay/probe/cluster/notes.hpp"
#include "overlay/probe/cluster/probe_records.hpp"
#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/io/machine_load.hpp"
#include "overlay/probe/io/stall_watch.hpp"

namespace flatlan::probe {

class LaneThread;

/// One machine's part of a test.
struct ClusterPart {
    Field field;  ///< of all members; with a network only for those that are here
    const Plan& plan;
    const Roster& roster;
    NodeName node;  ///< this one, of those of the roster
};

/// A test's sockets on one machine, those of its own members on each lane, and a thread for each
/// lane, which sends what its members are to send and answers the other machines' probes until it
/// is stopped. All but `has_sent` is to be called once, in this order.
class ClusterLanes {
public:
    /// What `part` refers to must outlive this.
    explicit ClusterLanes(const ClusterPart& part);
    ClusterLanes(const ClusterLanes&) = delete;
    ClusterLanes& operator=(const ClusterLanes&) = delete;
    /// Stops.
    ~ClusterLanes();

    /// Opens the sockets and says at which ports they are. Error forbidden as of open_udp_lane.
    Result<PortSheet> open();
    /// Begins to send, to members on nodes that are ready and at the ports of their sheets.
    void start(const std::set<NodeName>& ready, const std::vector<PortSheet>& sheets);
    /// Whether all has been sent, and answered or given up.
    bool has_sent() const;
    /// What came of that.
    struct Sent {
        SentSummary summary{};
        Notes notes{};
    };
    Sent take_sent();
    /// Ends every thread, and tells what the members here saw of others' requests.
    Notes stop();

private:
    ClusterPart part_;
    std::optional<OthersWatch> others_;  ///< since the start
    StallWatch stalls_;
    Instant began_{};
    std::vector<std::unique_ptr<LaneThread>> lanes_;
};

}  // namespace flatlan::probe
