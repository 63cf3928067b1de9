#include "tools/daemon/probes/cluster_probe.hpp"

#include <algorithm>

#include "overlay/linux/random.hpp"
#include "overlay/probe/cluster/cluster_plan.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "tools/daemon/api/cluster_join.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

/// What is waited for each step, so that a node that is away does not hold up the others for long.
constexpr Duration kToOpen = 10s;
constexpr Duration kToSend = 60s;
constexpr Duration kToTell = 10s;
constexpr Duration kToTry = 60s;

/// One test, from its request to its answer.
class Asking {
public:
    Asking(const ClusterAsker& asker, std::uint64_t chance)
        : chance_{chance}, run_{asker, chance} {}

    Result<ClusterAnswer> run(const probe::Roster& wanted) {
        const Instant began = probe::monotonic_now();
        FLATLAN_TRY_VOID(run_.begin(probe::Purpose::reach));
        FLATLAN_TRY_VOID(call_roster(wanted));
        FLATLAN_TRY_VOID(
            run_.gather(run_.of_all("ports"), run_.ready(), kToOpen, "did not open its sockets"));
        FLATLAN_TRY_VOID(run_.call("start", probe::start_record(run_.ready())));
        FLATLAN_TRY_VOID(run_.gather(run_.told("sent"), run_.ready(), kToSend,
                                     "did not say what became of its probes"));
        FLATLAN_TRY_VOID(records().put(keys().for_all("end"), "end"));
        const std::vector<NodeName> sent = run_.ready();
        FLATLAN_TRY_VOID(
            run_.gather(run_.told("seen"), sent, kToTell, "did not say what arrived there"));
        for (const NodeName& node : sent)
            add(node);
        if (wanted.trials != trial::TrialExtent::none) FLATLAN_TRY_VOID(have_tried(wanted));
        answer_.took = probe::monotonic_now() - began;
        answer_.silent = std::move(run_.silent());
        return std::move(answer_);
    }

private:
    RunRecords& records() { return run_.records(); }
    const probe::RunKeys& keys() const { return run_.keys(); }

    Result<void> call_roster(const probe::Roster& wanted) {
        FLATLAN_TRY(plan, probe::make_cluster_plan(run_.members(), wanted.request));
        static_cast<void>(plan);  // each node makes it again
        const probe::Roster roster{static_cast<std::uint32_t>(chance_), run_.ready(),
                                   wanted.request, wanted.trials};
        answer_.members = run_.sheets();
        answer_.roster = to_record(roster);
        return run_.call("roster", answer_.roster);
    }
    void add(const NodeName& node) {
        const std::string sent = keys().for_asker("sent", node);
        const std::string seen = keys().for_asker("seen", node);
        ClusterAnswer::Node answer{.name = node.text(),
                                   .summary = *records().find(sent),
                                   .sent = records().all(sent + "/")};
        if (const std::string* const gone = records().find(seen)) {
            answer.seen = records().all(seen + "/");
            answer.gone.push_back(*gone);
        }
        answer_.nodes.push_back(std::move(answer));
    }

    /// Whether both ends' nodes are still with us.
    bool can_be_tried(const std::vector<probe::Member>& members, const trial::Trial& trial) const {
        const auto is_ready = [&](probe::MemberId member) {
            const auto& node = members[member.value()].node;
            return node && std::ranges::find(run_.ready(), *node) != run_.ready().end();
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
        FLATLAN_TRY_VOID(run_.call("trials", answer_.trials));
        FLATLAN_TRY_VOID(run_.gather(run_.of_all("doors"), run_.ready(), kToOpen,
                                     "did not open its doors for trials"));
        FLATLAN_TRY_VOID(run_.call("try", probe::start_record(run_.ready())));
        FLATLAN_TRY_VOID(run_.gather(run_.told("tried"), run_.ready(), kToTry,
                                     "did not say what came of its trials"));
        for (ClusterAnswer::Node& node : answer_.nodes) {
            FLATLAN_TRY(name, NodeName::from(node.name));
            const std::string tried = keys().for_asker("tried", name);
            node.tried = records().all(tried + "/");
            if (const std::string* const gone = records().find(tried)) node.gone.push_back(*gone);
        }
        return success();
    }

    std::uint64_t chance_;
    ClusterRun run_;
    ClusterAnswer answer_;
};

}  // namespace

Result<ClusterAnswer> probe_nodes(const ClusterAsker& asker, const probe::Roster& wanted) {
    FLATLAN_TRY(chance, draw_random());
    return Asking{asker, chance}.run(wanted);
}

}  // namespace flatlan::daemon
