#include <netinet/in.h>

#include "overlay/probe/io/datagrams.hpp"
#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/io/sockets.hpp"

namespace flatlan::probe {
namespace {

/// A socket and its own end.
struct Bound {
    UniqueFd socket;
    Endpoint own{Ipv4Address{}, Port::any()};
};

/// A member's two sockets, as a client and a server would have them; both bound to the very address
/// under which the member is known. With one for both, requests of two members to each other would
/// be one connection for whoever tracks connections, and a rule for one way would show on neither.
struct Seat {
    Bound client;
    Bound server;
};

constexpr std::uint64_t kServerTag = std::uint64_t{1} << 32U;

class UdpLane final : public LaneSockets {
public:
    explicit UdpLane(const LaneContext& context) : context_{context} {
        seats_.resize(context.field.members.size());
    }

    Result<void> open_seat(MemberId member);
    void send(Instant now, std::span<const Probe> probes, Round& round) override;
    void handle_ready(Instant now, std::uint64_t tag, std::uint32_t events, Round& round) override;
    void close(std::uint32_t) override {}
    Port server_port(MemberId member) const override {
        return seats_[member.value()].server.own.port;
    }
    void set_server_port(MemberId member, Port port) override {
        seat(member).server.own = {context_.field.address(member, context_.family), port};
    }

private:
    Seat& seat(MemberId member) { return seats_[member.value()]; }
    Result<Bound> open_bound(MemberId member, Port preferred, std::uint64_t tag);
    void flush(Instant now, MemberId sender, std::span<const Probe> probes, Round& round);
    void read_requests(MemberId member, Round& round);
    void read_answers(MemberId member, Round& round);
    void read_errors(Instant now, const Bound& bound, Round& round);

    LaneContext context_;
    std::vector<Seat> seats_;
    Port shared_port_ = Port::any();
    SendBatch outgoing_;
    ReceiveBatch incoming_;
    ReceiveBatch errors_;
};

Result<Bound> UdpLane::open_bound(MemberId member, Port preferred, std::uint64_t tag) {
    FLATLAN_TRY(socket, open_socket(context_.family, SOCK_DGRAM, IPPROTO_UDP));
    FLATLAN_TRY_VOID(report_destinations(socket, context_.family));
    FLATLAN_TRY_VOID(report_errors(socket, context_.family));
    FLATLAN_TRY_VOID(fix_ttl(socket, context_.family));
    FLATLAN_TRY_VOID(
        bind_socket(socket, context_.field.address(member, context_.family), preferred));
    FLATLAN_TRY(own, local_endpoint(socket));
    FLATLAN_TRY_VOID(context_.epoll.add(socket, EPOLLIN, tag));
    return Bound{std::move(socket), own};
}

Result<void> UdpLane::open_seat(MemberId member) {
    FLATLAN_TRY(server, open_bound(member, shared_port_, kServerTag | member.value()));
    FLATLAN_TRY(client, open_bound(member, Port::any(), member.value()));
    if (shared_port_ == Port::any()) shared_port_ = server.own.port;
    seat(member) = {std::move(client), std::move(server)};
    return success();
}

void UdpLane::send(Instant now, std::span<const Probe> probes, Round& round) {
    while (!probes.empty()) {
        const MemberId sender = probes.front().pair.from;
        std::size_t count = 0;
        while (count < probes.size() && probes[count].pair.from == sender && !outgoing_.full()) {
            const Probe& probe = probes[count++];
            const Payload payload{.run = context_.run,
                                  .attempt = probe.attempt,
                                  .check = probe.check,
                                  .token = probe.token,
                                  .source = seat(sender).client.own,
                                  .destination = seat(probe.pair.to).server.own};
            payload.write(outgoing_.add(payload.destination, Payload::kSizeBytes)
                              .first<Payload::kSizeBytes>());
        }
        flush(now, sender, probes.first(count), round);
        probes = probes.subspan(count);
    }
}

void UdpLane::flush(Instant now, MemberId sender, std::span<const Probe> probes, Round& round) {
    outgoing_.send(
        seat(sender).client.socket.get(),
        [&](std::size_t place, int errno_value) {
            round.handle_refusal(
                now, probes[place].check, probes[place].token,
                {.kind = refusal_of_errno(errno_value), .errno_value = errno_value});
        },
        [&] { read_errors(now, seat(sender).client, round); });
}

void UdpLane::handle_ready(Instant now, std::uint64_t tag, std::uint32_t events, Round& round) {
    const MemberId member{static_cast<std::uint32_t>(tag)};
    const bool server = (tag & kServerTag) != 0;
    if ((events & EPOLLERR) != 0)
        read_errors(now, server ? seat(member).server : seat(member).client, round);
    if ((events & EPOLLIN) == 0) return;
    if (server)
        read_requests(member, round);
    else
        read_answers(member, round);
}

void UdpLane::read_requests(MemberId member, Round& round) {
    const Bound& here = seat(member).server;
    for (const Datagram& datagram : incoming_.receive(here.socket.get())) {
        auto payload = Payload::parse(datagram.octets);
        if (!payload || !datagram.source || !datagram.destination) continue;
        round.handle_request(
            *payload,
            {member, *datagram.source, {*datagram.destination, here.own.port}, datagram.ttl});
        payload->kind = PayloadKind::answer;
        payload->write(
            outgoing_.add(*datagram.source, Payload::kSizeBytes).first<Payload::kSizeBytes>());
    }
    // An answer that cannot be sent is an answer that does not come: the round sees it so.
    outgoing_.send(here.socket.get(), [](std::size_t, int) {});
}

void UdpLane::read_answers(MemberId member, Round& round) {
    const Bound& here = seat(member).client;
    for (const Datagram& datagram : incoming_.receive(here.socket.get())) {
        const auto payload = Payload::parse(datagram.octets);
        if (!payload || !datagram.source || !datagram.destination) continue;
        round.handle_answer(
            *payload,
            {member, *datagram.source, {*datagram.destination, here.own.port}, datagram.ttl});
    }
}

void UdpLane::read_errors(Instant now, const Bound& bound, Round& round) {
    for (const Datagram& error : errors_.receive(bound.socket.get(), MSG_ERRQUEUE)) {
        const auto payload = Payload::parse(error.octets);
        const auto refusal = read_refusal(*error.header);
        if (payload && refusal) round.handle_refusal(now, payload->check, payload->token, *refusal);
    }
}

}  // namespace

Result<OpenedLane> open_udp_lane(const LaneContext& context, std::span<const MemberId> members) {
    auto lane = std::make_unique<UdpLane>(context);
    FLATLAN_TRY(faults, open_seats(context, members,
                                   [&](MemberId member) { return lane->open_seat(member); }));
    return OpenedLane{std::move(lane), std::move(faults)};
}

}  // namespace flatlan::probe
