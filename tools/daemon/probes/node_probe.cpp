#include "tools/daemon/probes/node_probe.hpp"

#include <algorithm>

#include "overlay/linux/rlimit.hpp"
#include "overlay/probe/cluster/cluster_plan.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "tools/daemon/probes/node_trace.hpp"
#include "tools/daemon/probes/node_trials.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

/// How often it is asked whether all has been sent.
constexpr Duration kLook = 10ms;

}  // namespace

NodeProbe::NodeProbe(registry::Registry& registry, Options options, OwnMembers own)
    : options_{std::move(options)},
      own_{std::move(own)},
      keys_{options_.cluster, options_.run},
      records_{registry, keys_.for_all(), options_.ended, keys_.for_all("asked")},
      deadline_{probe::monotonic_now() + kTestLongest} {}

Result<void> NodeProbe::answer() {
    FLATLAN_TRY_VOID(records_.open_session());
    auto done = follow();
    if (!done && done.error().code() == ErrorCode::interrupted) return done;
    if (!done) refuse(done.error());
    // What was written stays until it has been read.
    static_cast<void>(records_.stay(deadline_));
    return done;
}

Result<void> NodeProbe::follow() {
    FLATLAN_TRY_VOID(records_.put(keys_.for_all("members", options_.node), to_record(own_.sheet)));
    if (options_.purpose == probe::Purpose::trace)
        return take_part_in_trace(records_, keys_, options_.node, std::move(own_), options_.tunnel,
                                  deadline_);
    FLATLAN_TRY(text, records_.await_long(keys_.for_all("roster"), deadline_));
    FLATLAN_TRY(roster, probe::roster_from_record(text));
    if (std::ranges::find(roster.nodes, options_.node) == roster.nodes.end()) return success();
    return take_part(roster);
}

void NodeProbe::refuse(const Error& error) {
    // Where this cannot be written either, the node is one that said nothing.
    static_cast<void>(records_.put(keys_.for_asker("refused", options_.node),
                                   to_record(probe::MemberSheet{{}, error.to_string()})));
}

Result<std::vector<probe::Member>> NodeProbe::all_members(const probe::Roster& roster) {
    std::vector<probe::Member> members;
    for (const NodeName& node : roster.nodes) {
        FLATLAN_TRY(text, records_.await(keys_.for_all("members", node), deadline_));
        FLATLAN_TRY(sheet, probe::members_from_record(text, node));
        std::ranges::move(sheet.members, std::back_inserter(members));
    }
    return members;
}

Result<void> NodeProbe::take_part(const probe::Roster& roster) {
    FLATLAN_TRY(members, all_members(roster));
    FLATLAN_TRY(plan, probe::make_cluster_plan(members, roster.request));
    FLATLAN_TRY_VOID(raise_open_files_limit());
    std::vector<std::optional<Namespace>> networks;
    auto next = own_.networks.begin();
    for (const probe::Member& member : members) {
        const bool here = member.node == options_.node && next != own_.networks.end();
        networks.push_back(here ? std::move(*next++) : std::nullopt);
    }
    const probe::ClusterPart part{{members, networks}, plan, roster, options_.node};
    probe::ClusterLanes lanes{part};
    FLATLAN_TRY(ports, lanes.open());
    FLATLAN_TRY_VOID(records_.put(keys_.for_all("ports", options_.node), to_record(ports)));

    FLATLAN_TRY(text, records_.await_long(keys_.for_all("start"), deadline_));
    FLATLAN_TRY(nodes, probe::start_from_record(text));
    const std::set<NodeName> ready{nodes.begin(), nodes.end()};
    if (!ready.contains(options_.node)) return success();
    std::vector<probe::PortSheet> sheets;
    for (const NodeName& node : nodes) {
        FLATLAN_TRY(sheet, records_.await(keys_.for_all("ports", node), deadline_));
        FLATLAN_TRY(read, probe::ports_from_record(sheet, members, node));
        sheets.push_back(std::move(read));
    }
    lanes.start(ready, sheets);
    FLATLAN_TRY_VOID(probe(lanes, members));
    if (roster.trials != trial::TrialExtent::none)
        return take_part_in_trials(records_, keys_, options_.node, part.field, deadline_,
                                   [&] { return find_gone(members); });
    return success();
}

Result<void> NodeProbe::probe(probe::ClusterLanes& lanes,
                              const std::vector<probe::Member>& members) {
    while (!lanes.has_sent())
        FLATLAN_TRY_VOID(records_.poll(kLook));
    const probe::ClusterLanes::Sent sent = lanes.take_sent();
    FLATLAN_TRY_VOID(records_.put_pages(keys_.for_asker("sent", options_.node),
                                        to_pages(sent.notes, members.size()),
                                        to_record(sent.summary)));
    FLATLAN_TRY(end, records_.await(keys_.for_all("end"), deadline_));
    static_cast<void>(end);
    return records_.put_pages(keys_.for_asker("seen", options_.node),
                              to_pages(lanes.stop(), members.size()), find_gone(members));
}

std::string NodeProbe::find_gone(const std::vector<probe::Member>& members) const {
    std::vector<probe::MemberId> gone;
    const auto now = options_.own_members();
    // Who cannot tell who is here does not say that anybody has gone.
    if (!now || !now.value().sheet.trouble.empty()) return probe::gone_record({});
    // Not by their names: of a pod whose name another one has got too there is another name now.
    const auto& here = now.value().sheet.members;
    for (std::uint32_t i = 0; i < members.size(); ++i)
        if (members[i].node == options_.node &&
            std::ranges::find(here, members[i].addresses, &probe::Member::addresses) == here.end())
            gone.push_back(probe::MemberId{i});
    return probe::gone_record(gone);
}

}  // namespace flatlan::daemon
