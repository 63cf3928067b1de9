#include "tools/daemon/probes/cluster_probe.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "overlay/base/undo.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "tools/daemon/probes/run_records.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;
using probe::key_of;

/// What is waited for each step, so that a node that is away does not hold up the others for long.
constexpr Duration kToAnswer = 5s;
constexpr Duration kToOpen = 10s;
constexpr Duration kToSend = 60s;
constexpr Duration kToTell = 10s;

/// One test, from its request to its answer.
class Asking {
public:
    Asking(const ClusterProbe& probe, std::uint64_t chance, registry::SessionId session)
        : probe_{probe},
          chance_{chance},
          session_{session},
          records_{probe.registry, keys_of(probe).run(run_name()), probe.ended} {}

    Result<ClusterAnswer> run(const probe::PlanRequest& request) {
        const Instant began = probe::monotonic_now();
        FLATLAN_TRY_VOID(ask());
        FLATLAN_TRY_VOID(gather("members", probe_.nodes, kToAnswer, "did not answer the request"));
        FLATLAN_TRY_VOID(take_members());
        FLATLAN_TRY_VOID(call_roster(request));
        FLATLAN_TRY_VOID(gather("ports", ready_, kToOpen, "did not open its sockets"));
        FLATLAN_TRY_VOID(write("start", probe::start_record(ready_)));
        FLATLAN_TRY_VOID(gather("sent", ready_, kToSend, "did not say what became of its probes"));
        FLATLAN_TRY_VOID(write("end", "end"));
        std::vector<NodeName> sent = ready_;
        FLATLAN_TRY_VOID(gather("seen", sent, kToTell, "did not say what arrived there"));
        for (const NodeName& node : sent)
            add(node);
        answer_.took = probe::monotonic_now() - began;
        return std::move(answer_);
    }

private:
    static probe::ProbeKeys keys_of(const ClusterProbe& probe) {
        return probe::ProbeKeys{probe.cluster};
    }
    std::string run_name() const { return std::to_string(chance_); }

    Result<void> put(const std::string& key, const std::string& value) {
        FLATLAN_TRY(revision, probe_.registry.put(key, value, {}, session_));
        static_cast<void>(revision);
        return success();
    }
    Result<void> write(std::string_view name, const std::string& value) {
        return put(records_.root() + std::string{name}, value);
    }
    /// Says that a test is wanted; the request's key lets only one in.
    Result<void> ask() {
        FLATLAN_TRY_VOID(write(probe::kAsked, probe_.asker.text()));
        auto asked =
            put(keys_of(probe_).request(), probe::request_record(run_name(), probe_.asker));
        if (!asked && asked.error().code() == ErrorCode::conflict)
            return Error{ErrorCode::conflict, "another test of this cluster is under way"}
                .expecting("to try again once it has ended");
        return asked;
    }
    /// Waits for that record of each node and takes those out of whom it does not come.
    Result<void> gather(std::string_view kind, std::vector<NodeName> nodes, Duration patience,
                        const std::string& failing) {
        const auto has = [&](const NodeName& node) {
            return records_.has(key_of(records_.root(), kind, node));
        };
        FLATLAN_TRY(all, records_.wait([&] { return std::ranges::all_of(nodes, has); },
                                       probe::monotonic_now() + patience));
        static_cast<void>(all);
        ready_.clear();
        for (const NodeName& node : nodes)
            if (has(node))
                ready_.push_back(node);
            else
                answer_.silent.push_back({node.text(), failing});
        return success();
    }
    /// Takes those out who cannot take part.
    Result<void> take_members() {
        std::erase_if(ready_, [&](const NodeName& node) {
            const std::string record = *records_.find(key_of(records_.root(), "members", node));
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
    Result<void> call_roster(const probe::PlanRequest& request) {
        if (ready_.empty())
            return Error{ErrorCode::unavailable,
                         "no node of the cluster takes part: " + answer_.silent.front().node + " " +
                             answer_.silent.front().why};
        FLATLAN_TRY(plan, probe::make_plan(members_, request));
        const std::size_t checks = probe::count_checks(members_, plan);
        if (checks > kClusterChecksMax)
            return Error{ErrorCode::invalid_argument, std::to_string(checks) + " checks"}.expecting(
                "at most " + std::to_string(kClusterChecksMax) +
                " across machines: --sample, --from or --protocol make it fewer");
        const probe::Roster roster{static_cast<std::uint32_t>(chance_), ready_, request};
        answer_.roster = to_record(roster);
        return write("roster", answer_.roster);
    }
    void add(const NodeName& node) {
        ClusterAnswer::Node told{.name = node.text(),
                                 .summary = *records_.find(key_of(records_.root(), "sent", node)),
                                 .sent = records_.all(key_of(records_.root(), "sent", node) + "/")};
        if (records_.has(key_of(records_.root(), "seen", node)))
            told.seen = records_.all(key_of(records_.root(), "seen", node) + "/");
        answer_.nodes.push_back(std::move(told));
    }

    const ClusterProbe& probe_;
    std::uint64_t chance_;
    registry::SessionId session_;
    RunRecords records_;
    std::vector<NodeName> ready_;
    std::vector<probe::Member> members_;  ///< of all that are ready when the roster is called
    ClusterAnswer answer_;
};

}  // namespace

Result<ClusterAnswer> ClusterProbe::run(const probe::PlanRequest& request) const {
    std::uint64_t chance = 0;
    if (::getrandom(&chance, sizeof chance, 0) != sizeof chance)
        return Error::from_errno(errno, "draw random octets");
    FLATLAN_TRY(session, registry.open_session(kTestLongest));
    const Undo end_session{[&] { static_cast<void>(registry.close_session(session)); }};
    Asking asking{*this, chance, session};
    return asking.run(request);
}

}  // namespace flatlan::daemon
