#include "tools/daemon/probes/node_probe.hpp"

#include <algorithm>

#include "overlay/base/undo.hpp"
#include "overlay/linux/rlimit.hpp"
#include "overlay/probe/io/epoll.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;
using probe::key_of;

/// How often it is asked whether all has been sent.
constexpr Duration kLook = 10ms;

}  // namespace

NodeProbe::NodeProbe(registry::Registry& registry, Options options, OwnMembers own)
    : registry_{registry},
      options_{std::move(options)},
      own_{std::move(own)},
      keys_{options_.cluster},
      records_{registry, keys_.run(options_.run), options_.ended,
               keys_.run(options_.run) + std::string{probe::kAsked}},
      deadline_{probe::monotonic_now() + kTestLongest} {}

Result<void> NodeProbe::answer() {
    FLATLAN_TRY(session, registry_.open_session(kTestLongest));
    session_ = session;
    const Undo end_session{[&] { static_cast<void>(registry_.close_session(session_)); }};
    FLATLAN_TRY_VOID(
        write(key_of(records_.root(), "members", options_.node), to_record(own_.sheet)));
    FLATLAN_TRY(text, records_.await(records_.root() + "roster", deadline_));
    FLATLAN_TRY(roster, probe::roster_from_record(text));
    if (std::ranges::find(roster.nodes, options_.node) == roster.nodes.end()) return success();
    return take_part(roster);
}

Result<void> NodeProbe::write(const std::string& key, const std::string& record) {
    FLATLAN_TRY(revision, registry_.put(key, record, {}, session_));
    static_cast<void>(revision);
    return success();
}

Result<std::vector<probe::Member>> NodeProbe::all_members(const probe::Roster& roster) {
    std::vector<probe::Member> members;
    for (const NodeName& node : roster.nodes) {
        FLATLAN_TRY(text, records_.await(key_of(records_.root(), "members", node), deadline_));
        FLATLAN_TRY(sheet, probe::members_from_record(text, node));
        std::ranges::move(sheet.members, std::back_inserter(members));
    }
    return members;
}

Result<void> NodeProbe::take_part(const probe::Roster& roster) {
    FLATLAN_TRY(members, all_members(roster));
    FLATLAN_TRY(plan, probe::make_plan(members, roster.request));
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
    FLATLAN_TRY_VOID(write(key_of(records_.root(), "ports", options_.node), to_record(ports)));

    FLATLAN_TRY(text, records_.await(records_.root() + "start", deadline_));
    FLATLAN_TRY(nodes, probe::start_from_record(text));
    const std::set<NodeName> ready{nodes.begin(), nodes.end()};
    if (!ready.contains(options_.node)) return success();
    std::vector<probe::PortSheet> sheets;
    for (const NodeName& node : nodes) {
        FLATLAN_TRY(sheet, records_.await(key_of(records_.root(), "ports", node), deadline_));
        FLATLAN_TRY(read, probe::ports_from_record(sheet, members.size()));
        sheets.push_back(std::move(read));
    }
    lanes.start(ready, sheets);
    return probe(lanes, members.size());
}

Result<void> NodeProbe::probe(probe::ClusterLanes& lanes, std::size_t members) {
    while (!lanes.has_sent())
        FLATLAN_TRY_VOID(records_.poll(kLook));
    const probe::ClusterLanes::Sent sent = lanes.take_sent();
    FLATLAN_TRY_VOID(write_notes("sent", sent.notes, members, to_record(sent.summary)));
    FLATLAN_TRY(end, records_.await(records_.root() + "end", deadline_));
    FLATLAN_TRY_VOID(write_notes("seen", lanes.stop(), members, end));
    // What was written stays until it has been read: nobody asks then any more.
    FLATLAN_TRY(never, records_.wait([] { return false; }, deadline_));
    static_cast<void>(never);
    return success();
}

Result<void> NodeProbe::write_notes(std::string_view kind, const probe::Notes& notes,
                                    std::size_t members, const std::string& conclusion) {
    const auto pages = to_pages(notes, members);
    for (std::size_t page = 0; page < pages.size(); ++page)
        FLATLAN_TRY_VOID(
            write(probe::key_of_page(records_.root(), kind, options_.node, page), pages[page]));
    return write(key_of(records_.root(), kind, options_.node), conclusion);
}

}  // namespace flatlan::daemon
