#include "overlay/probe/io/cluster/own_stretch.hpp"

#include <algorithm>

#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "overlay/probe/cluster/trace/frames_record.hpp"
#include "overlay/probe/cluster/trace/observation_record.hpp"
#include "overlay/probe/cluster/trace/remote_inquiry.hpp"
#include "overlay/probe/io/epoll.hpp"

namespace flatlan::trace {
namespace {

/// The node itself among its own places.
constexpr PlaceId kSelf{0};

Error out_of_turn(const char* what) {
    return {ErrorCode::invalid_argument, std::string{what} + " was asked for out of turn"};
}

}  // namespace

Result<std::unique_ptr<OwnStretch>> OwnStretch::open(const TraceCall& call, const NodeName& node,
                                                     std::span<const probe::Member> members,
                                                     std::vector<std::optional<Namespace>> networks,
                                                     std::function<Result<Counters>()> drops) {
    Atlas atlas = own_atlas(call, node, members);
    FLATLAN_TRY(ends, ends_of(call, atlas));
    for (std::size_t i = 0; i < networks.size(); ++i)
        atlas.places[i].present = networks[i].has_value();
    networks.resize(atlas.places.size());
    std::unique_ptr<OwnStretch> stretch{
        new OwnStretch{call, std::move(atlas), std::move(networks)}};
    stretch->ends_ = ends;
    if (drops)
        stretch->grounds_.tunnel_drops =
            [drops = std::move(drops)]() -> Result<std::map<PlaceId, Counters>> {
            FLATLAN_TRY(counters, drops());
            return std::map<PlaceId, Counters>{{kSelf, std::move(counters)}};
        };
    return stretch;
}

OwnStretch::OwnStretch(const TraceCall& call, Atlas atlas,
                       std::vector<std::optional<Namespace>> networks)
    : call_{call}, atlas_{std::move(atlas)}, networks_{std::move(networks)} {}

std::map<std::string, std::uint64_t> OwnStretch::namespaces() const {
    std::map<std::string, std::uint64_t> numbers;
    for (std::size_t i = 0; i < networks_.size(); ++i)
        if (networks_[i]) numbers.emplace(atlas_.places[i].name, networks_[i]->inode());
    return numbers;
}

std::string OwnStretch::answer(const Question& question) {
    auto answered = try_answer(question);
    return answered ? std::move(answered).value() : to_record(answered.error());
}

Result<std::string> OwnStretch::try_answer(const Question& question) {
    if (std::holds_alternative<AskListen>(question)) {
        FLATLAN_TRY(end, listen());
        return to_record(end);
    }
    if (const auto* const asked = std::get_if<AskWatch>(&question)) {
        FLATLAN_TRY(end, watch(*asked));
        return to_record(end);
    }
    if (const auto* const asked = std::get_if<AskSend>(&question)) {
        FLATLAN_TRY(seen, send(*asked));
        return to_record(seen, atlas_);
    }
    if (std::holds_alternative<AskSeen>(question)) {
        FLATLAN_TRY(seen, see());
        return to_record(seen, atlas_);
    }
    if (std::holds_alternative<AskFrames>(question)) return frames_record(frames_, atlas_);
    return answer_by(inquiry_, atlas_, question);
}

ExchangeSpec OwnStretch::spec() const {
    const auto network = [&](PlaceId place) {
        return is_here(place) ? &*networks_[place.value()] : nullptr;
    };
    return {.flow = {ends_.from, ends_.to, call_.from.address, call_.to.address},
            .protocol = call_.protocol,
            .tag = call_.tag,
            .from = network(ends_.from),
            .to = network(ends_.to),
            .service = call_.service};
}

Result<EndRecord> OwnStretch::listen() {
    if (sockets_ || stage_ || !is_here(ends_.to)) return out_of_turn("to listen");
    auto opened = open_exchange(spec());
    if (!opened && opened.error().code() == ErrorCode::not_found)
        return EndRecord{.absent = true, .port = Port::any()};
    if (!opened) return std::move(opened).error();
    sockets_ = std::move(opened).value();
    return EndRecord{.absent = false, .port = sockets_->trail().destination};
}

Result<EndRecord> OwnStretch::watch(const AskWatch& asked) {
    if (stage_) return out_of_turn("to watch");
    for (const PlaceId place : asked.places)
        if (!is_here(place)) return out_of_turn("to watch a place of another node");
    ExchangeSpec wanted = spec();
    wanted.far_port = asked.destination;
    if (!sockets_) {
        auto opened = open_exchange(wanted);
        if (!opened && opened.error().code() != ErrorCode::not_found)
            return std::move(opened).error();
        if (opened) sockets_ = std::move(opened).value();
    }
    if (!sockets_) return EndRecord{.absent = true, .port = Port::any()};
    Trail trail = sockets_->trail();
    if (wanted.from == nullptr) trail.source = asked.source;
    const EndRecord end{.absent = false, .port = trail.source};
    FLATLAN_TRY(stage, Stage::watch(grounds_, inquiry_, asked.places, wanted, std::move(sockets_),
                                    std::move(trail)));
    stage_.emplace(std::move(stage));
    looked_at_ = probe::monotonic_now();
    stalled_ = {};
    return end;
}

Result<Observation> OwnStretch::send(const AskSend& asked) {
    if (!stage_ || !is_here(ends_.from)) return out_of_turn("to send");
    note_stall(Duration::zero());
    if (asked.size_bytes == 0)
        stage_->try_small(asked.patience);
    else
        stage_->try_large(asked.size_bytes, asked.patience);
    note_stall(asked.patience);
    return stage_->seen();
}

Result<Observation> OwnStretch::see() {
    if (!stage_) return out_of_turn("what was seen");
    note_stall(Duration::zero());
    auto seen = stage_->finish();
    frames_ = stage_->take_frames();
    stage_.reset();
    if (seen && stalled_ >= kStallMin) seen.value().stalls.push_back({kSelf, stalled_});
    return seen;
}

void OwnStretch::tend(Duration time) {
    if (!stage_) return;
    note_stall(Duration::zero());
    stage_->tend(time);
    note_stall(time);
}

void OwnStretch::note_stall(Duration planned) {
    const Instant now = probe::monotonic_now();
    stalled_ = std::max(stalled_, now - looked_at_ - planned);
    looked_at_ = now;
}

}  // namespace flatlan::trace
