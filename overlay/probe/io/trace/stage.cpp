#include "overlay/probe/io/trace/stage.hpp"

#include <poll.h>

#include <algorithm>

#include "overlay/linux/parallel.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "overlay/probe/io/trace/trail_filter.hpp"
#include "overlay/probe/trace/service_reached.hpp"

namespace flatlan::trace {
namespace {

/// A large packet is sent so often, with a third of the patience between.
constexpr int kLargeTries = 3;

/// So many frames of one place are taken before anything else has its turn, and so many turns at
/// the end: more than a capture's buffer holds.
constexpr std::size_t kFramesPerTurn = 4096;
constexpr int kLastTurns = 16;

std::vector<pollfd> polled(const std::vector<int>& descriptors) {
    std::vector<pollfd> fds;
    for (const int fd : descriptors)
        fds.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    return fds;
}

bool tells_too_big(const SeenPacket& packet) {
    constexpr std::uint8_t kUnreachable = 3;  // with code 4, fragmentation needed (RFC 1191)
    constexpr std::uint8_t kFragmentationNeeded = 4;
    constexpr std::uint8_t kTooBig6 = 2;  // RFC 4443, section 3.2
    if (packet.kind != PacketKind::error) return false;
    return packet.source.address.is_ipv4()
               ? packet.error_type == kUnreachable && packet.error_code == kFragmentationNeeded
               : packet.error_type == kTooBig6;
}

}  // namespace

Result<Stage> Stage::open(const Grounds& grounds, KernelInquiry& inquiry,
                          std::vector<PlaceId> places, const ExchangeSpec& spec) {
    auto opened = open_exchange(spec);
    // An end without its address cannot send or listen: then the tables have to say why.
    if (!opened && opened.error().code() != ErrorCode::not_found) return std::move(opened).error();
    if (!opened) return watch(grounds, inquiry, places, spec, nullptr, Trail{});
    auto exchange = std::move(opened).value();
    Trail trail = exchange->trail();
    return watch(grounds, inquiry, places, spec, std::move(exchange), std::move(trail));
}

Result<Stage> Stage::watch(const Grounds& grounds, KernelInquiry& inquiry,
                           std::span<const PlaceId> places, const ExchangeSpec& spec,
                           std::unique_ptr<Exchange> exchange, Trail trail) {
    Stage stage;
    stage.grounds_ = &grounds;
    stage.inquiry_ = &inquiry;
    stage.flow_ = spec.flow;
    if (!exchange) return stage;
    stage.exchange_ = std::move(exchange);
    stage.seen_.own_listener = !spec.service;
    stage.trail_ = std::move(trail);
    stage.trail_.tunnel_port = grounds.atlas.tunnel_port;
    stage.trail_.near_endpoint = grounds.atlas.at(grounds.atlas.node_of(spec.flow.from)).endpoint;
    if (grounds.tunnel_drops) {
        FLATLAN_TRY(before, grounds.tunnel_drops());
        stage.tunnels_before_ = std::move(before);
    }
    FLATLAN_TRY(filter, PacketFilter::compile(filter_of(stage.trail_)));
    for (const PlaceId place : places) {
        const Namespace& network = *grounds.networks[place.value()];
        FLATLAN_TRY(capture, PacketCapture::open(network, &filter));
        FLATLAN_TRY(before, read_counters(network));
        stage.watched_.push_back({place, std::move(capture), std::move(before)});
        FLATLAN_TRY(watch, FilterWatch::open(place, network, stage.trail_));
        if (!watch) continue;
        if (!watch->trouble().empty()) stage.seen_.unwatched.push_back({place, watch->trouble()});
        stage.filters_.push_back(std::move(*watch));
    }
    return stage;
}

Stage::~Stage() {
    static_cast<void>(for_each_on_threads(watched_.size(), watched_.size(), [&](std::size_t index) {
        watched_[index].capture.close();
        return Result<void>{success()};
    }));
}

template <typename Done>
void Stage::pump(Duration patience, Done done) {
    const Instant deadline = probe::monotonic_now() + patience;
    for (;;) {
        drain();
        const Duration left = deadline - probe::monotonic_now();
        if (done() || left <= Duration::zero()) return;
        std::vector<int> descriptors = exchange_->descriptors();
        for (const Watched& watched : watched_)
            descriptors.push_back(watched.capture.fd());
        auto fds = polled(descriptors);
        const auto milliseconds =
            std::chrono::duration_cast<std::chrono::milliseconds>(left).count() + 1;
        static_cast<void>(::poll(fds.data(), fds.size(), static_cast<int>(milliseconds)));
    }
}

bool Stage::drain() {
    bool all = true;
    for (Watched& watched : watched_) {
        std::size_t taken = 0;
        for (; taken < kFramesPerTurn; ++taken) {
            auto frame = watched.capture.next();
            if (!frame) break;
            const auto packet = read_frame(frame->octets, frame->layer, trail_);
            if (!packet) continue;
            if (trail_.protocol == probe::Protocol::tcp && !trail_.first_sequence)
                trail_.first_sequence = packet->tcp_sequence;
            if (watched.place == flow_.from) {
                seen_.told_too_big |= tells_too_big(*packet);
                told_error_ |= packet->kind == PacketKind::error;
            }
            frames_.push_back({watched.place, {}, std::move(*frame)});
        }
        all = all && taken < kFramesPerTurn;
    }
    return exchange_->read(seen_) && all;
}

void Stage::tend(Duration time) {
    if (exchange_) pump(time, [] { return false; });
}

void Stage::try_small(Duration patience) {
    if (!exchange_) return;
    exchange_->send_small(seen_);
    wait_small(patience);
}

void Stage::wait_small(Duration patience) {
    if (!exchange_) return;
    pump(patience, [&] { return !seen_.small.failed() || seen_.refused; });
}

void Stage::try_large(std::uint32_t size_bytes, Duration patience) {
    if (!exchange_) return;
    seen_.large.sent = 1;
    seen_.large.size_bytes = size_bytes;
    seen_.told_too_big = false;
    for (int tries = 0; tries < kLargeTries; ++tries) {
        exchange_->send_large(seen_, size_bytes);
        const auto done = [&] { return !seen_.large.failed() || seen_.told_too_big; };
        pump(patience / kLargeTries, done);
        if (done()) return;
    }
}

void Stage::note_sightings(Observation& seen) {
    std::ranges::stable_sort(frames_, {}, [](const KeptFrame& kept) { return kept.frame.at; });
    for (KeptFrame& kept : frames_) {
        const auto packet = read_frame(kept.frame.octets, kept.frame.layer, trail_);
        const auto facts = inquiry_->facts(kept.place);
        if (!packet || !facts) continue;
        const LinkFacts* const link = facts.value()->link(kept.frame.device);
        if (link == nullptr) continue;
        kept.device = link->name;
        seen.sightings.push_back(
            {kept.place, link->name, kept.frame.outgoing, *packet, kept.frame.astray});
        // A connection that was answered has arrived, whether or not the answer came back.
        const bool answered_there =
            packet->kind == PacketKind::answer && !packet->tcp_reset && kept.place == flow_.to;
        if (trail_.protocol == probe::Protocol::tcp && answered_there) seen.small.arrived = 1;
    }
}

Result<void> Stage::count_drops(Observation& seen) {
    const auto add = [&](PlaceId place, const Counters& before, const Counters& after) {
        std::ranges::move(growth(place, before, after), std::back_inserter(seen.counters));
    };
    for (const Watched& watched : watched_) {
        FLATLAN_TRY(after, read_counters(*grounds_->networks[watched.place.value()]));
        add(watched.place, watched.before, after);
    }
    if (!grounds_->tunnel_drops) return success();
    FLATLAN_TRY(after, grounds_->tunnel_drops());
    for (const auto& [place, counters] : after)
        add(place, tunnels_before_[place], counters);
    return success();
}

Result<Observation> Stage::collect(Filters filters) {
    if (!exchange_) return seen_;
    int turns = 1;
    while (!drain() && turns < kLastTurns)
        ++turns;
    // What is left there is as good as lost.
    if (turns == kLastTurns) ++seen_.captures_lost;
    for (Watched& watched : watched_)
        seen_.captures_lost += watched.capture.count_lost();
    Observation seen = seen_;
    // A connection's socket counts all that it does not want, such as what comes twice.
    if (trail_.protocol != probe::Protocol::tcp) seen.captures_lost += exchange_->count_lost();
    note_sightings(seen);
    FLATLAN_TRY_VOID(count_drops(seen));
    // In the order of the way: a packet meets the sender's filters first.
    for (FilterWatch& filter : filters_) {
        FLATLAN_TRY(met, filters == Filters::end ? filter.finish() : filter.look());
        std::ranges::move(met, std::back_inserter(seen.rules));
    }
    // A service of UDP need not answer what it does not understand; that nobody listens is told.
    const bool owes_answers =
        trail_.protocol != probe::Protocol::udp || seen.own_listener || seen.refused;
    if (!owes_answers && has_reached_service(seen, flow_.to))
        seen.small.arrived = seen.small.answered = kSmallPackets;
    return seen;
}

Result<Observation> Stage::look() { return collect(Filters::go_on); }

Result<Observation> Stage::finish() { return collect(Filters::end); }

}  // namespace flatlan::trace
