#include "overlay/probe/io/datagrams.hpp"
#include "overlay/probe/io/echo_socket.hpp"
#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/io/sockets.hpp"

namespace flatlan::probe {
namespace {

/// One raw socket per member. It stands beside the kernel, which answers: so it sees every echo
/// request that reaches the member, also one that was meant for another.
class IcmpLane final : public LaneSockets {
public:
    explicit IcmpLane(const LaneContext& context) : context_{context} {
        sockets_.resize(context.field.members.size());
    }

    Result<void> open_seat(MemberId member);
    void send(Instant now, std::span<const Probe> probes, Round& round) override;
    void handle_ready(Instant now, std::uint64_t tag, std::uint32_t events, Round& round) override;
    void close(std::uint32_t) override {}

private:
    IpAddress address(MemberId member) const {
        return context_.field.address(member, context_.family);
    }

    LaneContext context_;
    std::vector<UniqueFd> sockets_;
    SendBatch outgoing_;
    ReceiveBatch incoming_;
};

Result<void> IcmpLane::open_seat(MemberId member) {
    FLATLAN_TRY_VOID(check_address(address(member)));
    FLATLAN_TRY(socket, open_echo_socket(context_.family));
    FLATLAN_TRY_VOID(context_.epoll.add(socket, EPOLLIN, member.value()));
    sockets_[member.value()] = std::move(socket);
    return success();
}

void IcmpLane::send(Instant now, std::span<const Probe> probes, Round& round) {
    const Port identifier{static_cast<std::uint16_t>(context_.run)};
    while (!probes.empty()) {
        const MemberId sender = probes.front().pair.from;
        std::size_t count = 0;
        while (count < probes.size() && probes[count].pair.from == sender && !outgoing_.full()) {
            const Probe& probe = probes[count++];
            add_echo_request(outgoing_, {.run = context_.run,
                                         .attempt = probe.attempt,
                                         .check = probe.check,
                                         .token = probe.token,
                                         .source = {address(sender), identifier},
                                         .destination = {address(probe.pair.to), Port::any()}});
        }
        outgoing_.send(sockets_[sender.value()].get(), [&](std::size_t place, int errno_value) {
            round.handle_refusal(
                now, probes[place].check, probes[place].token,
                {.kind = refusal_of_errno(errno_value), .errno_value = errno_value});
        });
        probes = probes.subspan(count);
    }
}

void IcmpLane::handle_ready(Instant now, std::uint64_t tag, std::uint32_t, Round& round) {
    const MemberId member{static_cast<std::uint32_t>(tag)};
    for (const Datagram& datagram : incoming_.receive(sockets_[member.value()].get())) {
        const auto seen = read_echo(context_.family, datagram);
        if (!seen) continue;
        Sighting sighting{member, seen->source, seen->destination};
        switch (seen->kind) {
            case EchoSeen::Kind::request:
                sighting.ttl = seen->ttl;  // a reply has the time to live that the kernel chose
                round.handle_request(seen->payload, sighting);
                break;
            case EchoSeen::Kind::reply:
                round.handle_answer(seen->payload, sighting);
                break;
            case EchoSeen::Kind::error:
                round.handle_refusal(now, seen->payload.check, seen->payload.token, seen->refusal);
                break;
        }
    }
}

}  // namespace

Result<OpenedLane> open_icmp_lane(const LaneContext& context, std::span<const MemberId> members) {
    auto lane = std::make_unique<IcmpLane>(context);
    FLATLAN_TRY(faults, open_seats(context, members,
                                   [&](MemberId member) { return lane->open_seat(member); }));
    return OpenedLane{std::move(lane), std::move(faults)};
}

}  // namespace flatlan::probe
