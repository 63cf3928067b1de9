#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "overlay/base/names.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::node {

/// A thread that waits until the kernel tells of a change in the namespace of a node, and then has
/// that node put right. While nothing changes it sleeps, however many nodes there are.
class TunnelKeeper {
public:
    /// Puts a node right and reads what was told; after an Error the node's turn comes again.
    /// Called on the keeper's thread, for one node at a time.
    using Repair = std::function<Result<void>(const NodeName&)>;
    /// Why a node cannot be put right, whenever that changes; on the keeper's thread.
    using Warn = std::function<void(const std::string&)>;

    static Result<std::unique_ptr<TunnelKeeper>> start(Repair repair, Warn warn);

    TunnelKeeper(const TunnelKeeper&) = delete;
    TunnelKeeper& operator=(const TunnelKeeper&) = delete;
    /// Waits for a repair that is under way.
    ~TunnelKeeper();

    /// `fd` is readable while there is something to read (Backend::watch); it must stay open
    /// until `forget`. Of what was told before, the node's first turn comes at once.
    Result<void> watch(const NodeName& node, int fd);
    /// Succeeds when the node was not watched.
    void forget(const NodeName& node);

private:
    TunnelKeeper(UniqueFd epoll, UniqueFd stop, Repair repair, Warn warn);
    void run();
    /// Sleeps until something was told, or until it is time to try again. False at the end.
    bool wait();
    /// Sleeps for a moment, so that a burst of changes is one repair. False at the end.
    bool gather() const;
    void repair_told();

    UniqueFd epoll_;
    UniqueFd stop_;
    Repair repair_;
    Warn warn_;
    std::mutex mutex_;  ///< of what follows
    std::map<NodeName, int> watched_;
    std::set<NodeName> told_;
    std::map<NodeName, std::string> failing_;  ///< and the reason that was told
    std::thread thread_;
};

}  // namespace flatlan::node
