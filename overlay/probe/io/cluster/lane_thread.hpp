#pragma once

#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "overlay/probe/cluster/witness.hpp"
#include "overlay/probe/io/cluster/cluster_lanes.hpp"

namespace flatlan::probe {

/// One lane of a machine's part, and its thread: sockets are opened, used and closed on it, since
/// who opens one has to be inside its member's namespace.
class LaneThread {
public:
    LaneThread(const ClusterPart& part, const Lane& lane);
    LaneThread(const LaneThread&) = delete;
    LaneThread& operator=(const LaneThread&) = delete;
    ~LaneThread() { stop(); }

    /// Waits until the sockets are open.
    Result<PortSheet> opened() { return opened_.get_future().get(); }
    struct Start {
        std::set<NodeName> ready;
        std::vector<PortSheet> sheets;
    };
    void start(Start start);
    bool has_sent() const { return sent_; }
    /// Once it has sent: what came of it.
    ClusterLanes::Sent take_sent() { return std::move(told_); }
    void stop();
    /// Once it has stopped: adds what was seen.
    void add_seen(Notes& notes) const;

private:
    void run();
    Result<void> work();
    PortSheet sheet_of(const OpenedLane& opened) const;
    /// Tells the sockets where others are asked, and the round who cannot be.
    std::vector<MemberFault> connect(const Start& start, LaneSockets& sockets) const;
    Result<void> probe(const Start& start, Epoll& epoll, OpenedLane& opened);
    /// Keeps what the round has come to, as soon as it has.
    void note_sent(Round& round, Duration stalled, const RunDelay& run_delay);

    ClusterPart part_;
    Lane lane_;
    HopRule hops_;
    std::uint32_t run_ = 0;  ///< of this node's payloads
    std::vector<MemberId> here_;
    std::promise<Result<PortSheet>> opened_;
    bool open_told_ = false;
    std::promise<std::optional<Start>> start_;
    bool start_told_ = false;
    std::atomic<bool> over_ = false;
    std::atomic<bool> sent_ = false;  ///< then `told_` is whole
    ClusterLanes::Sent told_;
    std::optional<Witness> witness_;
    std::jthread thread_;
};

}  // namespace flatlan::probe
