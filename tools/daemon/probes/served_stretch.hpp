#pragma once

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "overlay/probe/io/cluster/own_stretch.hpp"

namespace flatlan::daemon {

/// A node's own part of a trace, on a thread of its own: packets that come are looked after
/// whatever the registry lets its callers wait for.
class ServedStretch {
public:
    explicit ServedStretch(std::unique_ptr<trace::OwnStretch> stretch);
    ServedStretch(const ServedStretch&) = delete;
    ServedStretch& operator=(const ServedStretch&) = delete;
    /// Waits for an answer that is under way.
    ~ServedStretch();

    /// What is answered to a question, both records. One at a time.
    std::future<std::string> answer(std::string question);

private:
    using Task = std::packaged_task<std::string()>;
    void serve();
    /// What is asked next, once something is; nothing at the end. Looks after packets meanwhile.
    std::optional<Task> next();

    std::unique_ptr<trace::OwnStretch> stretch_;  ///< the thread's
    std::mutex mutex_;                            ///< of the two below
    std::optional<Task> asked_;
    bool ended_ = false;
    std::condition_variable news_;
    std::jthread thread_;
};

}  // namespace flatlan::daemon
