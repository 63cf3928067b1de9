#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <unordered_map>

#include "overlay/probe/io/datagrams.hpp"
#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/io/socket_address.hpp"
#include "overlay/probe/io/sockets.hpp"

namespace flatlan::probe {
namespace {

using PayloadOctets = std::array<std::byte, Payload::kSizeBytes>;

/// What a descriptor in epoll is: the upper half of its tag. The lower half is a member, a check or
/// a descriptor's number.
enum class Role : std::uint32_t { listener, client, server };

constexpr std::uint64_t tag_of(Role role, std::uint32_t value) {
    return std::uint64_t{static_cast<std::uint32_t>(role)} << 32U | value;
}

/// A probe's connection, both ends. It ends by a reset, so nothing stays in TIME_WAIT.
struct Connection {
    UniqueFd client;
    UniqueFd server;  ///< once it has been accepted and read
    Payload request;
    bool sent = false;
};

/// An accepted connection that has not said yet which check it is.
struct Stranger {
    UniqueFd server;
    MemberId at;
    Endpoint source;
};

class TcpLane final : public LaneSockets {
public:
    explicit TcpLane(const LaneContext& context) : context_{context} {
        listeners_.resize(context.field.members.size());
    }

    Result<void> open_seat(MemberId member);
    void send(Instant now, std::span<const Probe> probes, Round& round) override;
    void handle_ready(Instant now, std::uint64_t tag, std::uint32_t events, Round& round) override;
    void close(std::uint32_t check) override { connections_.erase(check); }
    Port server_port(MemberId member) const override { return listeners_[member.value()].own.port; }
    void set_server_port(MemberId member, Port port) override {
        listeners_[member.value()].own = {context_.field.address(member, context_.family), port};
    }

private:
    struct Seat {
        UniqueFd socket;
        Endpoint own{Ipv4Address{}, Port::any()};
    };

    /// Empty when it went well, else the kernel's errno.
    int connect(const Probe& probe);
    void accept_all(MemberId member, Round& round);
    /// False while the request is not there yet, or while another machine that was answered holds
    /// its end.
    bool read_request(Stranger& stranger, Round& round);
    void handle_client(Instant now, std::uint32_t check, std::uint32_t events, Round& round);
    void end_refused(Instant now, std::uint32_t check, const Refusal& refusal, Round& round);
    void send_request(Connection& connection);

    LaneContext context_;
    std::vector<Seat> listeners_;
    Port shared_port_ = Port::any();
    std::unordered_map<std::uint32_t, Connection> connections_;  ///< by check
    std::unordered_map<int, Stranger> strangers_;                ///< by descriptor
    ReceiveBatch errors_;
};

Result<void> TcpLane::open_seat(MemberId member) {
    constexpr int kBacklog = 4096;  // the kernel takes the lesser of it and net.core.somaxconn
    FLATLAN_TRY(socket, open_socket(context_.family, SOCK_STREAM, IPPROTO_TCP));
    FLATLAN_TRY_VOID(reset_on_close(socket));
    FLATLAN_TRY_VOID(
        bind_socket(socket, context_.field.address(member, context_.family), shared_port_));
    if (::listen(socket.get(), kBacklog) != 0) return Error::from_errno(errno, "listen");
    FLATLAN_TRY(own, local_endpoint(socket));
    FLATLAN_TRY_VOID(context_.epoll.add(socket, EPOLLIN, tag_of(Role::listener, member.value())));
    if (shared_port_ == Port::any()) shared_port_ = own.port;
    listeners_[member.value()] = {std::move(socket), own};
    return success();
}

void TcpLane::send(Instant now, std::span<const Probe> probes, Round& round) {
    std::optional<MemberId> inside;
    for (const Probe& probe : probes) {
        int failed = 0;
        if (inside != probe.pair.from) {
            inside = probe.pair.from;
            const auto moved = context_.scope.move_to(*context_.field.networks[inside->value()]);
            if (!moved) failed = moved.error().system_errno();
        }
        if (failed == 0) failed = connect(probe);
        if (failed == 0) continue;
        connections_.erase(probe.check);
        // Every port towards this destination is taken: ours to bear.
        const RefusalKind kind =
            failed == EADDRNOTAVAIL ? RefusalKind::own_limit : refusal_of_errno(failed);
        round.handle_refusal(now, probe.check, probe.token, {.kind = kind, .errno_value = failed});
    }
}

int TcpLane::connect(const Probe& probe) {
    const Endpoint& to = listeners_[probe.pair.to.value()].own;
    auto opened = open_socket(context_.family, SOCK_STREAM, IPPROTO_TCP);
    if (!opened) return opened.error().system_errno();
    UniqueFd client = std::move(opened).value();
    if (const auto set = reset_on_close(client); !set) return set.error().system_errno();
    // The third packet of the handshake waits for the request and travels with it (tcp(7)).
    if (const auto set = set_option(client, IPPROTO_TCP, TCP_QUICKACK, 0, "TCP_QUICKACK"); !set)
        return set.error().system_errno();

    if (const auto set = report_errors(client, context_.family); !set)
        return set.error().system_errno();

    const SocketAddress address{to};
    if (::connect(client.get(), address.get(), address.size()) != 0 && errno != EINPROGRESS)
        return errno;
    // The kernel chose the address, as it does for any program that does not care.
    const auto own = local_endpoint(client);
    if (!own) return own.error().system_errno();

    connections_.erase(probe.check);  // an earlier try
    Connection& connection =
        connections_
            .emplace(probe.check, Connection{.client = std::move(client),
                                             .server = {},
                                             .request = {.run = context_.run,
                                                         .attempt = probe.attempt,
                                                         .check = probe.check,
                                                         .token = probe.token,
                                                         .source = own.value(),
                                                         .destination = to}})
            .first->second;
    send_request(connection);
    const auto added = context_.epoll.add(connection.client,
                                          connection.sent ? EPOLLIN : EPOLLIN | EPOLLOUT | EPOLLET,
                                          tag_of(Role::client, probe.check));
    return added ? 0 : added.error().system_errno();
}

void TcpLane::send_request(Connection& connection) {
    PayloadOctets octets;
    connection.request.write(octets);
    // Sixty octets go into an empty queue whole; until the handshake is through it says EAGAIN.
    connection.sent = ::send(connection.client.get(), octets.data(), octets.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(octets.size());
}

void TcpLane::handle_ready(Instant now, std::uint64_t tag, std::uint32_t events, Round& round) {
    const auto value = static_cast<std::uint32_t>(tag);
    switch (static_cast<Role>(tag >> 32U)) {
        case Role::listener:
            return accept_all(MemberId{value}, round);
        case Role::client:
            return handle_client(now, value, events, round);
        case Role::server:
            if (const auto stranger = strangers_.find(static_cast<int>(value));
                stranger != strangers_.end() && read_request(stranger->second, round))
                strangers_.erase(stranger);
    }
}

void TcpLane::accept_all(MemberId member, Round& round) {
    constexpr int kPerTurn = 256;  // whoever else connects without end does not hold up the rest
    for (int accepted = 0; accepted < kPerTurn; ++accepted) {
        SocketAddress source;
        socklen_t size = SocketAddress::kCapacity;
        UniqueFd server{::accept4(listeners_[member.value()].socket.get(), source.get(), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!server) {
            if (refusal_of_errno(errno) == RefusalKind::own_limit && errno != EAGAIN)
                round.handle_own_limit(errno);
            return;
        }
        const auto from = source.endpoint();
        if (!from) continue;
        const int number = server.get();
        Stranger stranger{std::move(server), member, *from};
        if (read_request(stranger, round)) continue;
        if (context_.epoll.add(stranger.server, EPOLLIN,
                               tag_of(Role::server, static_cast<std::uint32_t>(number))))
            strangers_.insert_or_assign(number, std::move(stranger));
    }
}

bool TcpLane::read_request(Stranger& stranger, Round& round) {
    PayloadOctets octets;
    const ssize_t size = ::recv(stranger.server.get(), octets.data(), octets.size(), 0);
    if (size < 0 && errno == EAGAIN) return false;
    if (size <= 0) return true;
    auto payload = Payload::parse(std::span{octets}.first(static_cast<std::size_t>(size)));
    const auto own = local_endpoint(stranger.server);
    if (!payload || !own) return true;
    const bool is_guest =
        round.handle_request(*payload, {stranger.at, stranger.source, own.value()});
    payload->kind = PayloadKind::answer;
    payload->write(octets);
    // An answer that cannot be sent is an answer that does not come: the round sees it so.
    const auto answer = [&] {
        static_cast<void>(
            ::send(stranger.server.get(), octets.data(), octets.size(), MSG_NOSIGNAL));
    };
    if (is_guest) {
        answer();
        return false;  // a reset now might overtake the answer
    }
    const auto connection = connections_.find(payload->check);
    if (connection == connections_.end() || connection->second.request.token != payload->token)
        return true;  // the check has ended
    answer();
    connection->second.server = std::move(stranger.server);
    return true;
}

void TcpLane::handle_client(Instant now, std::uint32_t check, std::uint32_t events, Round& round) {
    const auto found = connections_.find(check);
    if (found == connections_.end()) return;
    Connection& connection = found->second;
    if (!connection.sent && (events & EPOLLOUT) != 0) send_request(connection);
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return;

    PayloadOctets octets;
    const ssize_t size = ::recv(connection.client.get(), octets.data(), octets.size(), 0);
    const int failed = size == 0 ? ECONNRESET : errno;
    if (size > 0) {
        const auto payload =
            Payload::parse(std::span{octets}.first(static_cast<std::size_t>(size)));
        const Payload& request = connection.request;
        if (payload)
            round.handle_answer(*payload,
                                {round.pair(check).from, request.destination, request.source});
        return;
    }
    // An ICMP error that comes while the handshake is sent does not end the connection.
    for (const Datagram& error : errors_.receive(connection.client.get(), MSG_ERRQUEUE))
        if (const auto refusal = read_refusal(*error.header))
            return end_refused(now, check, *refusal, round);
    if (size == 0 || failed != EAGAIN)
        end_refused(now, check, {.kind = refusal_of_errno(failed), .errno_value = failed}, round);
}

void TcpLane::end_refused(Instant now, std::uint32_t check, const Refusal& refusal, Round& round) {
    const std::uint64_t token = connections_.at(check).request.token;
    connections_.erase(check);
    round.handle_refusal(now, check, token, refusal);
}

}  // namespace

Result<OpenedLane> open_tcp_lane(const LaneContext& context, std::span<const MemberId> members) {
    auto lane = std::make_unique<TcpLane>(context);
    FLATLAN_TRY(faults, open_seats(context, members,
                                   [&](MemberId member) { return lane->open_seat(member); }));
    return OpenedLane{std::move(lane), std::move(faults)};
}

}  // namespace flatlan::probe
