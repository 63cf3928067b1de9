#include "tools/daemon/probes/node_trials.hpp"

#include <algorithm>
#include <future>
#include <set>

#include "overlay/base/undo.hpp"
#include "overlay/probe/cluster/probe_records.hpp"
#include "overlay/probe/cluster/trial_records.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "overlay/probe/io/trial/trial_host.hpp"
#include "overlay/probe/io/trial/trial_runner.hpp"
#include "tools/daemon/probes/held_up.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 20ms;
/// Each machine of a cluster has other work, and all try at the same time.
constexpr unsigned kThreads = 8;

class NodeTrials {
public:
    NodeTrials(RunRecords& records, const probe::RunKeys& keys, const NodeName& node,
               const probe::Field& field, Instant deadline,
               const std::function<std::string()>& conclusion)
        : records_{records},
          keys_{keys},
          node_{node},
          field_{field},
          deadline_{deadline},
          conclusion_{conclusion},
          held_up_{records, keys, node} {}

    Result<void> take_part() {
        FLATLAN_TRY(text, records_.await_long(keys_.for_all("trials"), deadline_));
        FLATLAN_TRY(call, probe::trial_call_from_record(text, field_.members));
        const trial::TrialOptions defaults;
        FLATLAN_TRY(host, trial::TrialHost::open(field_, doors_wanted(call), call.seed,
                                                 defaults.transfer_octets));
        FLATLAN_TRY_VOID(held_up_.offer());
        FLATLAN_TRY_VOID(
            records_.put(keys_.for_all("doors", node_), probe::to_record(host->doors())));
        FLATLAN_TRY(doors, doors_of_others());
        FLATLAN_TRY(report, run(call, std::move(doors)));
        FLATLAN_TRY_VOID(records_.put_pages(keys_.for_asker("tried", node_),
                                            probe::to_pages(report), conclusion_()));
        return stay();
    }

private:
    const std::optional<NodeName>& node_of(probe::MemberId member) const {
        return field_.members[member.value()].node;
    }
    bool is_here(probe::MemberId member) const { return node_of(member) == node_; }

    std::vector<trial::DoorKey> doors_wanted(const probe::TrialCall& call) const {
        std::set<trial::DoorKey> wanted;
        for (const trial::Trial& trial : call.trials)
            if (is_here(trial.pair.to) && !is_here(trial.pair.from))
                wanted.insert({trial.pair.to, trial.family});
        return {wanted.begin(), wanted.end()};
    }
    /// Of the nodes that are ready.
    Result<trial::Doors> doors_of_others() {
        FLATLAN_TRY(text, records_.await_long(keys_.for_all("try"), deadline_));
        FLATLAN_TRY(nodes, probe::start_from_record(text));
        trial::Doors all;
        for (const NodeName& node : nodes) {
            ready_.insert(node);
            if (node == node_) continue;
            FLATLAN_TRY(record, records_.await(keys_.for_all("doors", node), deadline_));
            FLATLAN_TRY(doors, probe::doors_from_record(record, field_.members.size()));
            for (const trial::Door& door : doors)
                if (node_of(door.member) == node)
                    all.insert_or_assign({door.member, door.family}, door);
        }
        return all;
    }
    Result<trial::TrialReport> run(const probe::TrialCall& call, trial::Doors doors) {
        std::vector<trial::Trial> own;
        std::ranges::copy_if(call.trials, std::back_inserter(own), [&](const auto& trial) {
            const auto& receiver = node_of(trial.pair.to);
            return is_here(trial.pair.from) && receiver && ready_.contains(*receiver);
        });
        std::atomic<bool> over = false;
        const trial::TrialOptions options{
            .threads = kThreads,
            .doors = std::move(doors),
            .held_up = [&](probe::MemberId receiver,
                           Instant since) { return held_up_.ask(*node_of(receiver), since); },
            .is_over = [&] { return over.load(); }};
        auto told = std::async(std::launch::async,
                               [&] { return trial::run_trials(field_, own, call.seed, options); });
        const Undo stop{[&] {  // before the end of `told` is waited for
            over = true;
            held_up_.close();
        }};
        while (told.wait_for(0s) != std::future_status::ready) {
            FLATLAN_TRY_VOID(records_.poll(kLook));
            FLATLAN_TRY_VOID(held_up_.tend());
        }
        return told.get();
    }
    /// With the doors open: others may not have tried yet, and may ask what kept us.
    Result<void> stay() {
        while (probe::monotonic_now() < deadline_) {
            FLATLAN_TRY_VOID(records_.poll(kLook));
            FLATLAN_TRY_VOID(held_up_.tend());
        }
        return success();
    }

    RunRecords& records_;
    const probe::RunKeys& keys_;
    const NodeName& node_;
    const probe::Field& field_;
    Instant deadline_;
    const std::function<std::string()>& conclusion_;
    std::set<NodeName> ready_;
    HeldUp held_up_;
};

}  // namespace

Result<void> take_part_in_trials(RunRecords& records, const probe::RunKeys& keys,
                                 const NodeName& node, const probe::Field& field, Instant deadline,
                                 const std::function<std::string()>& conclusion) {
    return NodeTrials{records, keys, node, field, deadline, conclusion}.take_part();
}

}  // namespace flatlan::daemon
