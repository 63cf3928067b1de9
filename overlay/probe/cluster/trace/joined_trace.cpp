#include "overlay/probe/cluster/trace/joined_trace.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "overlay/probe/cluster/trace/foresight.hpp"
#include "overlay/probe/cluster/trace/frames_record.hpp"
#include "overlay/probe/cluster/trace/observation_record.hpp"
#include "overlay/probe/cluster/trace/remote_inquiry.hpp"
#include "overlay/probe/trace/way.hpp"

namespace flatlan::trace {
namespace {

using namespace std::chrono_literals;

/// How long packets are waited for where the tables say that they cannot arrive, and where they
/// should, on machines that have other work and may be far from each other.
constexpr Duration kPatienceWithoutHope = 200ms;
constexpr Duration kPatience = 1s;
static_assert(kStallMin * 4 <= kPatience);
constexpr int kTries = 2;

/// The packets of a trace, which one machine sends and both see.
class Packets {
public:
    Packets(const Atlas& atlas, const TraceCall& call, const AskNodes& ask)
        : atlas_{atlas}, call_{call}, ask_{ask}, one_{call.from.node == call.to.node} {}

    /// Opens sockets and captures at these places; false where an end has no address to open them
    /// at.
    Result<bool> watch(std::span<const PlaceId> places) {
        EndRecord far;
        const bool has_ports = call_.protocol != probe::Protocol::icmp;
        if (!has_ports && !one_) return watch_both(places);
        if (has_ports && !call_.service && !one_) {
            FLATLAN_TRY(listening, end(call_.to.node, AskListen{}));
            if (listening.absent) return false;
            far = listening;
        }
        if (call_.service) far.port = *call_.service;
        FLATLAN_TRY(near, watch_at(call_.from.node, Port::any(), far.port, places));
        if (near.absent || one_) return !near.absent;
        FLATLAN_TRY(watched, watch_at(call_.to.node, near.port, far.port, places));
        return !watched.absent;
    }
    /// What the sender knows of it.
    Result<Observation> send(std::uint32_t size_bytes, Duration patience) const {
        return observation_from(call_.from.node,
                                ask_one(ask_, call_.from.node, AskSend{size_bytes, patience}));
    }
    /// All that was seen.
    Result<Observation> seen() const {
        const auto answers = ask_all(AskSeen{});
        FLATLAN_TRY(near, observation_from(call_.from.node, answers.front()));
        if (one_) return near;
        FLATLAN_TRY(far, observation_from(call_.to.node, answers.back()));
        return join_observations(near, far);
    }
    /// All that was captured until then.
    Result<std::vector<KeptFrame>> frames() const {
        const auto answers = ask_all(AskFrames{});
        FLATLAN_TRY(frames, frames_from(call_.from.node, answers.front()));
        if (one_) return std::move(frames);
        FLATLAN_TRY(far, frames_from(call_.to.node, answers.back()));
        std::ranges::move(far, std::back_inserter(frames));
        std::ranges::stable_sort(frames, {}, [](const KeptFrame& kept) { return kept.frame.at; });
        return std::move(frames);
    }

private:
    /// The sender's answer first.
    std::vector<Result<std::string>> ask_all(const Question& question) const {
        std::vector<Asked> asked{{call_.from.node, question}};
        if (!one_) asked.push_back({call_.to.node, question});
        return ask_(asked);
    }
    Result<std::vector<KeptFrame>> frames_from(const NodeName& node,
                                               const Result<std::string>& answer) const {
        if (!answer && answer.error().code() == ErrorCode::system)  // it knows no such question
            return Error{answer.error()}.at("--pcap").expecting(
                "both ends' flatland to be of this version; without it older ones do");
        if (!answer) return answer.error();
        FLATLAN_TRY(frames, frames_from_record(answer.value(), atlas_));
        for (const KeptFrame& each : frames)
            FLATLAN_TRY_VOID(check_is_of(atlas_, node, each.place));
        return std::move(frames);
    }
    /// At once, where neither has to know the other one's port.
    Result<bool> watch_both(std::span<const PlaceId> places) const {
        std::vector<Asked> asked;
        for (const NodeName& node : {call_.from.node, call_.to.node}) {
            FLATLAN_TRY(wanted, watch_of(node, Port::any(), Port::any(), places));
            asked.push_back({node, wanted});
        }
        bool there = true;
        for (const Result<std::string>& answer : ask_(asked)) {
            if (!answer) return answer.error();
            FLATLAN_TRY(opened, end_from_record(answer.value()));
            there &= !opened.absent;
        }
        return there;
    }
    Result<EndRecord> end(const NodeName& node, const Question& question) const {
        FLATLAN_TRY(text, ask_one(ask_, node, question));
        return end_from_record(text);
    }
    Result<Observation> observation_from(const NodeName& node,
                                         const Result<std::string>& answer) const {
        if (!answer) return answer.error();
        FLATLAN_TRY(seen, observation_from_record(answer.value(), atlas_));
        for (const Sighting& each : seen.sightings)
            FLATLAN_TRY_VOID(check_is_of(atlas_, node, each.place));
        for (const RuleMet& each : seen.rules)
            FLATLAN_TRY_VOID(check_is_of(atlas_, node, each.place));
        for (const CounterGrowth& each : seen.counters)
            FLATLAN_TRY_VOID(check_is_of(atlas_, node, each.place));
        for (const Stall& each : seen.stalls)
            FLATLAN_TRY_VOID(check_is_of(atlas_, node, each.place));
        for (const Unwatched& each : seen.unwatched)
            FLATLAN_TRY_VOID(check_is_of(atlas_, node, each.place));
        return std::move(seen);
    }
    Result<EndRecord> watch_at(const NodeName& node, Port source, Port destination,
                               std::span<const PlaceId> places) const {
        FLATLAN_TRY(wanted, watch_of(node, source, destination, places));
        return end(node, wanted);
    }
    Result<AskWatch> watch_of(const NodeName& node, Port source, Port destination,
                              std::span<const PlaceId> places) const {
        AskWatch wanted{.source = source, .destination = destination, .places = {}};
        for (const PlaceId place : places) {
            FLATLAN_TRY(of, node_name(atlas_, place));
            if (of == node) wanted.places.push_back(place);
        }
        return wanted;
    }

    const Atlas& atlas_;
    const TraceCall& call_;
    const AskNodes& ask_;
    bool one_;  ///< both ends are on one node
};

Result<Observation> exchange(const TraceCall& call, Packets& packets,
                             std::span<const PlaceId> places, bool hopeful,
                             const std::optional<std::uint32_t>& large) {
    FLATLAN_TRY(open, packets.watch(places));
    if (!open) return Observation{};
    FLATLAN_TRY(small, packets.send(0, hopeful ? kPatience : kPatienceWithoutHope));
    // No answer of a service is owed to what it does not understand.
    const bool whole = small.small.answered == small.small.sent;
    if (whole && large && !call.service) FLATLAN_TRY_VOID(packets.send(*large, kPatience));
    return packets.seen();
}

/// What the walks over both flows are most likely to ask for, in two goes.
Result<void> learn_the_way(const Atlas& atlas, RemoteInquiry& inquiry, const Flow& forth,
                           const Flow& back) {
    std::vector<KernelQuestion> questions;
    for (const PlaceId place :
         {forth.from, atlas.node_of(forth.from), forth.to, atlas.node_of(forth.to)})
        if (std::ranges::find(questions, KernelQuestion{AskFacts{place}}) == questions.end())
            questions.emplace_back(AskFacts{place});
    FLATLAN_TRY_VOID(inquiry.learn(questions));
    questions = foresee(atlas, inquiry, forth);
    for (KernelQuestion& question : foresee(atlas, inquiry, back))
        if (std::ranges::find(questions, question) == questions.end())
            questions.push_back(std::move(question));
    return inquiry.learn(questions);
}

}  // namespace

Result<Traced> trace_over_nodes(const Atlas& atlas, const TraceCall& call, const AskNodes& ask,
                                bool keep_frames) {
    FLATLAN_TRY(ends, ends_of(call, atlas));
    const Flow flow{ends.from, ends.to, call.from.address, call.to.address};
    const Flow answer{flow.to, flow.from, flow.destination, flow.source};
    RemoteInquiry inquiry{atlas, ask};
    if (atlas.at(flow.from).present && atlas.at(flow.to).present)
        FLATLAN_TRY_VOID(learn_the_way(atlas, inquiry, flow, answer));
    FLATLAN_TRY(forth, walk(atlas, inquiry, flow));
    FLATLAN_TRY(back, walk(atlas, inquiry, answer));
    Observation seen;
    const Case asked{atlas, flow, call.protocol, forth, back, seen};
    if (!atlas.at(flow.from).present || !atlas.at(flow.to).present)
        return Traced{make_report(asked)};
    const std::array<const Walk*, 2> walks{&forth, &back};
    const std::vector<PlaceId> places = places_on_the_way(atlas, flow, walks);
    FLATLAN_TRY(large, largest_packet(inquiry, forth));
    Packets packets{atlas, call, ask};
    // Who was held up once may not be the next time.
    for (int tries = 0; tries < kTries; ++tries) {
        FLATLAN_TRY(exchanged, exchange(call, packets, places, !forth.fault && !back.fault, large));
        seen = std::move(exchanged);
        const auto fault = conclude(asked);
        if (!fault || fault->verdict != probe::Verdict::tester_overloaded) break;
    }
    Traced traced{make_report(asked)};
    if (!keep_frames) return traced;
    FLATLAN_TRY(frames, packets.frames());
    traced.frames = std::move(frames);
    return traced;
}

}  // namespace flatlan::trace
