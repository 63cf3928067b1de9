#include "tools/daemon/probes/cluster_probe.hpp"

#include <algorithm>

#include "overlay/linux/random.hpp"
#include "overlay/probe/cluster/cluster_plan.hpp"
#include "overlay/probe/cluster/probe_keys.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "tools/daemon/api/cluster_join.hpp"
#include "tools/daemon/probes/run_records.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

/// What is waited for each step, so that a node that is away does not hold up the others for long.
constexpr Duration kToBegin = 15s;  // while another test is under way
constexpr Duration kToAnswer = 5s;
constexpr Duration kToOpen = 10s;
constexpr Duration kToSend = 60s;
constexpr Duration kToTell = 10s;
constexpr Duration kToTry = 60s;
constexpr Duration kToLook = 100ms;

/// One test, from its request to its answer.
class Asking {
public:
    Asking(const ClusterProbe& probe, std::uint64_t chance)
        : probe_{probe},
          chance_{chance},
          keys_{probe.cluster, std::to_string(chance)},
          records_{probe.registry, keys_.whole(), probe.ended} {}

    Result<ClusterAnswer> run(const probe::Roster& wanted) {
        const Instant began = probe::monotonic_now();
        FLATLAN_TRY_VOID(records_.open_session());
        FLATLAN_TRY_VOID(ask());
        FLATLAN_TRY_VOID(
            gather(of_all("members"), probe_.nodes, kToAnswer, "did not answer the request"));
        FLATLAN_TRY_VOID(take_members());
        FLATLAN_TRY_VOID(call_roster(wanted));
        FLATLAN_TRY_VOID(gather(of_all("ports"), ready_, kToOpen, "did not open its sockets"));
        FLATLAN_TRY_VOID(call("start", probe::start_record(ready_)));
        FLATLAN_TRY_VOID(
            gather(told("sent"), ready_, kToSend, "did not say what became of its probes"));
        FLATLAN_TRY_VOID(records_.put(keys_.for_all("end"), "end"));
        const std::vector<NodeName> sent = ready_;
        FLATLAN_TRY_VOID(gather(told("seen"), sent, kToTell, "did not say what arrived there"));
        for (const NodeName& node : sent)
            add(node);
        if (wanted.trials != trial::TrialExtent::none) FLATLAN_TRY_VOID(have_tried(wanted));
        answer_.took = probe::monotonic_now() - began;
        return std::move(answer_);
    }

private:
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
    /// Says that a test is wanted; the request's key lets only one in.
    Result<void> ask() {
        FLATLAN_TRY_VOID(records_.put(keys_.for_all("asked"), probe_.asker.text()));
        const std::string key = probe::RunKeys::request(probe_.cluster);
        const Instant deadline = probe::monotonic_now() + kToBegin;
        while (true) {
            auto asked =
                records_.put(key, probe::request_record(std::to_string(chance_), probe_.asker));
            if (asked || asked.error().code() != ErrorCode::conflict) return asked;
            if (probe::monotonic_now() >= deadline) break;
            FLATLAN_TRY_VOID(records_.poll(kToLook));
        }
        FLATLAN_TRY(other, probe_.registry.get(key));
        const auto by = probe::request_from_record(other ? other->value : std::string{});
        return Error{ErrorCode::conflict,
                     "another test of this cluster is under way" +
                         (by ? ", asked for on " + by.value().asker.text() : std::string{})}
            .expecting("to try again once it has ended");
    }
    /// Waits for that record of each node and takes those out of whom it does not come, or who
    /// refuse.
    Result<void> gather(const KeyOf& key_of, std::vector<NodeName> nodes, Duration patience,
                        const std::string& failing) {
        const auto has = [&](const NodeName& node) { return records_.has(key_of(node)); };
        const auto says = [&](const NodeName& node) { return has(node) || refusal_of(node); };
        FLATLAN_TRY(all, records_.wait([&] { return std::ranges::all_of(nodes, says); },
                                       probe::monotonic_now() + patience));
        static_cast<void>(all);
        ready_.clear();
        for (const NodeName& node : nodes)
            if (has(node))
                ready_.push_back(node);
            else
                answer_.silent.push_back({node.text(), refusal_of(node).value_or(failing)});
        return success();
    }
    /// Why the node does not take part any further, where it says so.
    std::optional<std::string> refusal_of(const NodeName& node) const {
        const std::string* const record = records_.find(keys_.for_asker("refused", node));
        if (record == nullptr) return std::nullopt;
        const auto sheet = probe::members_from_record(*record, node);
        return "cannot take part: " + (sheet ? sheet.value().trouble : sheet.error().to_string());
    }
    /// Takes those out who cannot take part.
    Result<void> take_members() {
        std::erase_if(ready_, [&](const NodeName& node) {
            const std::string record = *records_.find(keys_.for_all("members", node));
            const auto sheet = probe::members_from_record(record, node);
            if (sheet && sheet.value().trouble.empty()) {
                std::ranges::copy(sheet.value().members, std::back_inserter(members_));
                answer_.members.push_back({node.text(), record});
                return false;
            }
            answer_.silent.push_back(
                {node.text(), "cannot take part: " +
                                  (sheet ? sheet.value().trouble : sheet.error().to_string())});
            return true;
        });
        return success();
    }
    Result<void> call_roster(const probe::Roster& wanted) {
        if (ready_.empty())
            return Error{ErrorCode::unavailable,
                         "no node of the cluster takes part: " + answer_.silent.front().node + " " +
                             answer_.silent.front().why};
        FLATLAN_TRY(plan, probe::make_cluster_plan(members_, wanted.request));
        static_cast<void>(plan);  // each node makes it again
        const probe::Roster roster{static_cast<std::uint32_t>(chance_), ready_, wanted.request,
                                   wanted.trials};
        answer_.roster = to_record(roster);
        return call("roster", answer_.roster);
    }
    void add(const NodeName& node) {
        const std::string sent = keys_.for_asker("sent", node);
        const std::string seen = keys_.for_asker("seen", node);
        ClusterAnswer::Node answer{
            .name = node.text(), .summary = *records_.find(sent), .sent = records_.all(sent + "/")};
        if (const std::string* const gone = records_.find(seen)) {
            answer.seen = records_.all(seen + "/");
            answer.gone.push_back(*gone);
        }
        answer_.nodes.push_back(std::move(answer));
    }

    /// Whether both ends' nodes are still with us.
    bool can_be_tried(const std::vector<probe::Member>& members, const trial::Trial& trial) const {
        const auto is_ready = [&](probe::MemberId member) {
            const auto& node = members[member.value()].node;
            return node && std::ranges::find(ready_, *node) != ready_.end();
        };
        return is_ready(trial.pair.from) && is_ready(trial.pair.to);
    }
    /// What single small packets do not show, of a few pairs whose packets pass.
    Result<void> have_tried(const probe::Roster& wanted) {
        FLATLAN_TRY(joined, join_answer(answer_));
        const std::uint64_t seed = wanted.request.seed;
        probe::TrialCall wished{
            seed, trial::select_trials(joined.members, joined.plan, joined.report.failures,
                                       wanted.trials, seed)};
        std::erase_if(wished.trials, [&](const trial::Trial& trial) {
            return !can_be_tried(joined.members, trial);
        });
        if (wished.trials.empty()) return success();
        answer_.trials = to_record(wished);
        FLATLAN_TRY_VOID(call("trials", answer_.trials));
        FLATLAN_TRY_VOID(
            gather(of_all("doors"), ready_, kToOpen, "did not open its doors for trials"));
        FLATLAN_TRY_VOID(call("try", probe::start_record(ready_)));
        FLATLAN_TRY_VOID(
            gather(told("tried"), ready_, kToTry, "did not say what came of its trials"));
        for (ClusterAnswer::Node& node : answer_.nodes) {
            FLATLAN_TRY(name, NodeName::from(node.name));
            const std::string tried = keys_.for_asker("tried", name);
            node.tried = records_.all(tried + "/");
            if (const std::string* const gone = records_.find(tried)) node.gone.push_back(*gone);
        }
        return success();
    }

    const ClusterProbe& probe_;
    std::uint64_t chance_;
    probe::RunKeys keys_;
    RunRecords records_;
    std::vector<NodeName> ready_;
    std::vector<probe::Member> members_;  ///< of all that are ready when the roster is called
    ClusterAnswer answer_;
};

}  // namespace

Result<ClusterAnswer> ClusterProbe::run(const probe::Roster& wanted) const {
    FLATLAN_TRY(chance, draw_random());
    return Asking{*this, chance}.run(wanted);
}

}  // namespace flatlan::daemon
