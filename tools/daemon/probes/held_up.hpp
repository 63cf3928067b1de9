#pragma once

#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "overlay/probe/cluster/probe_keys.hpp"
#include "overlay/probe/io/stall_watch.hpp"
#include "tools/daemon/probes/run_records.hpp"

namespace flatlan::daemon {

/// Whether something that a member here waited for in vain stayed away since one of the two
/// machines was held up: asks the other one's daemon through the registry, and answers such
/// questions.
class HeldUp {
public:
    HeldUp(RunRecords& records, const probe::RunKeys& keys, const NodeName& node)
        : records_{records}, keys_{keys}, node_{node} {}

    /// Says that this machine answers such questions; to be called once, before anybody asks.
    Result<void> offer() { return records_.put(keys_.for_all("stalls", node_), "told when asked"); }
    /// For how long at a time this machine, or that of `other`, could not run since `began`. From
    /// any thread but the one that calls `tend`, which must go on meanwhile; a machine that does
    /// not say is taken to be held up still. Nothing once it is closed.
    Duration ask(const NodeName& other, Instant began);
    /// Asks and answers what there is. The thread of the records.
    Result<void> tend();
    /// Whoever waits for an answer waits no longer.
    void close();

private:
    struct Doubt {
        NodeName other;
        Instant began;
        std::promise<Duration> answer;
    };
    /// One that has been asked.
    struct Asked {
        Doubt doubt;
        Instant deadline;
    };
    std::optional<Doubt> next_doubt();
    Result<void> ask_others();
    void take_answers();
    Result<void> answer_others();

    RunRecords& records_;
    const probe::RunKeys& keys_;
    const NodeName& node_;
    probe::StallWatch stalls_;
    std::mutex mutex_;  ///< of the two below
    std::deque<Doubt> doubts_;
    bool closed_ = false;
    std::map<std::string, Asked> asked_;  ///< by the key of the answer
    std::size_t next_ = 0;
    std::set<std::string> answered_;  ///< keys of answers that were given
};

}  // namespace flatlan::daemon
