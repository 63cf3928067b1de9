#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "overlay/probe/io/cluster/own_stretch.hpp"
#include "overlay/registry/registry.hpp"
#include "tools/daemon/probes/own_members.hpp"

namespace flatlan::daemon {

/// A thread that waits for a test of the cluster, or a trace, to be asked for through the registry,
/// and takes part in it for this node. Nothing listens meanwhile.
class ProbeWatch {
public:
    struct Options {
        NodeName node;
        LabName cluster;
        trace::OwnTunnel tunnel;  ///< by which this node's packets to other nodes travel
        std::function<Result<OwnMembers>()> own_members;
    };
    ProbeWatch(registry::Registry& registry, Options options);
    ProbeWatch(const ProbeWatch&) = delete;
    ProbeWatch& operator=(const ProbeWatch&) = delete;
    /// Ends what is under way.
    ~ProbeWatch();

private:
    void run();
    /// Until the registry has something to say, or this ends.
    void wait_until_ready();
    void pause();
    void answer(const std::string& request);

    registry::Registry& registry_;
    Options options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ready_ = false;  ///< the registry has something to say; guarded by the mutex
    std::atomic<bool> ended_ = false;
    std::jthread thread_;
};

}  // namespace flatlan::daemon
