#include "overlay/probe/io/cluster/lane_thread.hpp"

#include <algorithm>
#include <utility>

#include "overlay/linux/random.hpp"
#include "overlay/probe/io/lane_driver.hpp"
#include "overlay/probe/io/machine_load.hpp"

namespace flatlan::probe {
namespace {

/// Gentler than a test of a lab: the machines have other work, and all send at the same time.
RoundLimits limits_of(Protocol protocol) {
    constexpr std::size_t kOpenMax = 4096;
    constexpr std::size_t kTcpOpenMax = 128;  // each is a descriptor here, and one at its receiver
    return {.in_flight_max = 64, .open_max = protocol == Protocol::tcp ? kTcpOpenMax : kOpenMax};
}

std::size_t place_of(const Roster& roster, const NodeName& node) {
    const auto found = std::ranges::find(roster.nodes, node);
    FLATLAN_CHECK(found != roster.nodes.end());
    return static_cast<std::size_t>(found - roster.nodes.begin());
}

Result<Prng> draw_chance() {
    FLATLAN_TRY(seed, draw_random());
    return Prng{seed};
}

}  // namespace

LaneThread::LaneThread(const ClusterPart& part, const Lane& lane)
    : part_{part},
      lane_{lane},
      hops_{part.field.members, 0},
      run_{part.roster.run + static_cast<std::uint32_t>(place_of(part.roster, part.node))} {
    for (std::uint32_t i = 0; i < part.field.members.size(); ++i)
        if (part.field.members[i].node == part.node &&
            part.field.members[i].addresses.find(lane.family))
            here_.push_back(MemberId{i});
    thread_ = std::jthread{[this] { run(); }};
}

void LaneThread::start(Start start) {
    start_told_ = true;
    start_.set_value(std::move(start));
}

void LaneThread::stop() {
    over_ = true;
    if (!std::exchange(start_told_, true)) start_.set_value(std::nullopt);
    if (thread_.joinable()) thread_.join();
}

void LaneThread::add_seen(Notes& notes) const {
    if (!witness_) return;
    std::ranges::move(witness_->oddities(), std::back_inserter(notes.checks));
    for (const Pair& pair : witness_->seen())
        notes.seen.push_back({lane_, pair});
}

void LaneThread::run() {
    auto worked = work();
    if (worked) return;
    Error error = std::move(worked).error().within("test " + to_string(lane_));
    if (!std::exchange(open_told_, true)) {
        opened_.set_value(std::move(error));
        return;
    }
    if (!sent_) told_.summary.trouble = error.to_string();
    sent_ = true;
}

Result<void> LaneThread::work() {
    FLATLAN_TRY(scope, NamespaceScope::here());
    FLATLAN_TRY(epoll, Epoll::open());
    const LaneContext context{part_.field, lane_.family, run_, epoll, scope};
    FLATLAN_TRY(opened, open_lane(context, lane_.protocol, here_));
    open_told_ = true;
    opened_.set_value(sheet_of(opened));
    const auto start = start_.get_future().get();
    if (!start) return success();
    return probe(*start, epoll, opened);
}

PortSheet LaneThread::sheet_of(const OpenedLane& opened) const {
    PortSheet sheet;
    for (const MemberFault& fault : opened.faults)
        sheet.faults.push_back({lane_, fault});
    for (const MemberId member : here_) {
        const bool faulty =
            std::ranges::find(opened.faults, member, &MemberFault::member) != opened.faults.end();
        if (!faulty && lane_.protocol != Protocol::icmp)
            sheet.servers.push_back({member, lane_, opened.sockets->server_port(member)});
    }
    return sheet;
}

std::vector<MemberFault> LaneThread::connect(const Start& start, LaneSockets& sockets) const {
    std::vector<MemberFault> faults;
    for (const PortSheet& sheet : start.sheets) {
        for (const auto& [lane, fault] : sheet.faults)
            if (lane == lane_) faults.push_back(fault);
        for (const auto& [member, lane, port] : sheet.servers) {
            const Member& asked = part_.field.members[member.value()];
            if (lane == lane_ && asked.node != part_.node && asked.addresses.find(lane.family))
                sockets.set_server_port(member, port);
        }
    }
    return faults;
}

Result<void> LaneThread::probe(const Start& start, Epoll& epoll, OpenedLane& opened) {
    FLATLAN_TRY(prng, draw_chance());
    const auto& members = part_.field.members;
    std::vector<std::vector<Pair>> pairs;
    for (const NodeName& node : part_.roster.nodes)
        pairs.push_back(pairs_sent_by(node, members, part_.plan, lane_, start.ready));
    Round round{lane_, pairs[place_of(part_.roster, part_.node)], limits_of(lane_.protocol), run_,
                prng};
    witness_.emplace(lane_, part_.roster.run, std::move(pairs), &hops_);
    std::vector<bool> elsewhere;
    for (const Member& member : members)
        elsewhere.push_back(member.node != part_.node);
    round.share(elsewhere, *witness_);
    round.expect_hops(&hops_);
    round.set_faults(connect(start, *opened.sockets));
    const RunDelayWatch watch;
    FLATLAN_TRY_VOID(
        drive_lane(epoll, *opened.sockets, round,
                   {.on_done = [&](Duration stalled) { note_sent(round, stalled, watch.so_far()); },
                    .is_over = [&] { return over_.load(); }}));
    return success();
}

void LaneThread::note_sent(Round& round, Duration stalled, const RunDelay& run_delay) {
    if (sent_) return;
    for (const Failure& failure : round.take_failures())
        told_.notes.checks.push_back({failure.pair, failure.lane, failure.evidence});
    told_.summary.checks = round.tally().checks;
    told_.summary.retried = round.tally().retried;
    told_.summary.duplicates = round.tally().duplicates;
    told_.summary.stalled = stalled;
    told_.summary.run_delay = run_delay;
    sent_ = true;
}

}  // namespace flatlan::probe
