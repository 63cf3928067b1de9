#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "tunnel/offload_trial.hpp"

namespace flatlan::node {

/// A thread that has the offloads of a node's tunnel tried, a moment after the tunnel was made or
/// changed: by then the peers know of it too. Where nobody answers it tries again, ever more rarely
/// and every ten minutes in the end; once a peer has answered it sleeps until the next change.
class OffloadTrials {
public:
    /// Makes a trial and says what was found; nothing where there is none to make. On the trials'
    /// thread. Ends early, with error interrupted, once the descriptor is readable.
    using Try = std::function<Result<std::optional<tunnel::OffloadVerdict>>(int stop)>;
    /// What had to be switched off, or why nothing can be tried, whenever that changes; on the
    /// trials' thread.
    using Warn = std::function<void(const std::string&)>;

    static Result<std::unique_ptr<OffloadTrials>> start(Try attempt, Warn warn);

    OffloadTrials(const OffloadTrials&) = delete;
    OffloadTrials& operator=(const OffloadTrials&) = delete;
    /// Ends a trial that is under way.
    ~OffloadTrials();

    /// The tunnel was made or changed; from any thread.
    void handle_change();

private:
    using Pause = std::chrono::milliseconds;

    OffloadTrials(UniqueFd stop, UniqueFd changed, Try attempt, Warn warn);
    void run();
    /// Until there was a change or the pause, if there is one, is over. False at the end.
    bool wait(std::optional<Pause> at_most);
    /// False at the end.
    bool let_peers_hear() const;
    /// Whether there is something to try later.
    bool attempt();
    void tell(const std::string& words);

    UniqueFd stop_;
    UniqueFd changed_;  ///< readable since a change
    Try attempt_;
    Warn warn_;
    Pause pause_;       ///< before the next trial where nobody answers
    std::string told_;  ///< last
    std::thread thread_;
};

}  // namespace flatlan::node
