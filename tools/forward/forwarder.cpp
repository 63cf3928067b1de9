#include "tools/forward/forwarder.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "overlay/linux/socket_address.hpp"

namespace flatlan::forward {
namespace {

/// Of one listener, before those that are under way have their turn.
constexpr int kAcceptsPerTurn = 32;
/// How long descriptors are waited for that other programs hold, before taking connections again.
constexpr Duration kRoomPause = std::chrono::milliseconds{200};
/// As good as for ever.
constexpr Duration kIdle = std::chrono::hours{1};
constexpr std::uint32_t kAllChanges = EPOLLIN | EPOLLOUT | EPOLLET;

/// What an event is of; the rest of its tag is which one.
enum class Kind : std::uint8_t { interrupt, listener, client, pod };
constexpr unsigned kKindBits = 2;

constexpr std::uint64_t tag_of(Kind kind, std::uint64_t which = 0) {
    return which << kKindBits | static_cast<std::uint64_t>(kind);
}
constexpr Kind kind_of(std::uint64_t tag) { return static_cast<Kind>(tag & 3U); }

/// Octets of a person's keys go at once, whatever is under way (tcp(7)).
void send_at_once(const UniqueFd& socket) {
    constexpr int kOn = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
}

int taken_error(const UniqueFd& socket) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

}  // namespace

Forwarder::Forwarder(probe::Epoll epoll, std::vector<Listener> listeners, FindWay find_way,
                     Failed failed, ForwarderLimits limits)
    : epoll_{std::move(epoll)},
      listeners_{std::move(listeners)},
      find_way_{std::move(find_way)},
      failed_{std::move(failed)},
      limits_{limits},
      scratch_{std::make_unique<std::array<std::byte, Flow::kReadMaxBytes>>()} {}

Result<Forwarder> Forwarder::open(std::vector<Listener> listeners, FindWay find_way, Failed failed,
                                  ForwarderLimits limits) {
    FLATLAN_TRY(epoll, probe::Epoll::open());
    for (std::size_t i = 0; i < listeners.size(); ++i)
        FLATLAN_TRY_VOID(
            epoll.add(listeners[i].socket, EPOLLIN | EPOLLET, tag_of(Kind::listener, i)));
    return Forwarder{std::move(epoll), std::move(listeners), std::move(find_way), std::move(failed),
                     limits};
}

Result<void> Forwarder::run(const UniqueFd& interrupt) {
    FLATLAN_TRY_VOID(epoll_.add(interrupt, EPOLLIN, tag_of(Kind::interrupt)));
    for (;;) {
        FLATLAN_TRY(events, epoll_.wait(time_to_wait()));
        for (const epoll_event& event : events) {
            if (kind_of(event.data.u64) == Kind::interrupt) return success();
            handle(event);
        }
        pump_busy();
        give_up_late();
        accept_rest();
    }
}

Duration Forwarder::time_to_wait() const {
    const bool accepts = unaccepted_ && connections_.size() < limits_.connections_max;
    if (!busy_.empty() || (accepts && !starved_)) return Duration{0};
    Duration wait = accepts ? kRoomPause : kIdle;
    if (!deadlines_.empty())
        wait = std::min(wait, deadlines_.front().first - probe::monotonic_now());
    return std::max(wait, Duration{0});
}

void Forwarder::handle(const epoll_event& event) {
    const Kind kind = kind_of(event.data.u64);
    const std::uint64_t which = event.data.u64 >> kKindBits;
    if (kind == Kind::listener) return accept_some(listeners_[which]);
    const auto found = connections_.find(which);
    if (found == connections_.end()) return;  // ended by an event before this one
    Connection& connection = found->second;
    const bool failed = (event.events & EPOLLERR) != 0;
    if (!connection.connected) {
        if (kind == Kind::pod) return handle_connecting(which, connection, event.events);
        if (!failed) return;
        connection.relay.reset();  // nobody waits any more
        return end(which);
    }
    if (!failed) return pump(which, connection);
    connection.relay.handle_reset(kind == Kind::client ? Relay::client : Relay::pod, *scratch_);
    end(which);
}

void Forwarder::accept_rest() {
    if (!std::exchange(unaccepted_, false)) return;
    starved_ = false;
    for (Listener& listener : listeners_)
        accept_some(listener);
}

void Forwarder::accept_some(Listener& listener) {
    for (int i = 0; i < kAcceptsPerTurn && connections_.size() < limits_.connections_max; ++i) {
        UniqueFd client{
            ::accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (client) {
            take(std::move(client), listener.pod_port);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        // What else accept(2) reports is of a connection that is gone.
        starved_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        if (starved_) break;
    }
    unaccepted_ = true;
}

void Forwarder::take(UniqueFd client, Port pod_port) {
    const Id id = next_++;
    const auto at = connections_.emplace(
        id, Connection{.relay = Relay{std::move(client)}, .pod_port = pod_port});
    Connection& connection = at.first->second;
    send_at_once(connection.relay.socket(Relay::client));
    deadlines_.emplace_back(probe::monotonic_now() + limits_.connect_patience, id);
    if (auto added = epoll_.add(connection.relay.socket(Relay::client), kAllChanges,
                                tag_of(Kind::client, id));
        !added)
        return give_up(id, added.error());
    try_next_way(id, connection);
}

void Forwarder::try_next_way(Id id, Connection& connection) {
    for (;;) {
        auto found = find_way_(connection.pod_port, connection.way++);
        if (!found) return give_up(id, found.error());
        if (!found.value()) break;
        if (start(id, connection, std::move(*found.value()))) return;
    }
    give_up(id, Error::from_errno(connection.why, "connect to " + connection.tried));
}

bool Forwarder::start(Id id, Connection& connection, Way way) {
    connection.tried += (connection.tried.empty() ? "" : ", ") + to_string(way.to.address);
    auto address = SocketAddress::from(way.to.address, way.to.port);
    if (::connect(way.socket.get(), address.get(), address.size_bytes) != 0 &&
        errno != EINPROGRESS) {
        if (connection.why == 0) connection.why = errno;
        return false;
    }
    send_at_once(way.socket);
    connection.relay.attach(std::move(way.socket));
    auto added =
        epoll_.add(connection.relay.socket(Relay::pod), kAllChanges, tag_of(Kind::pod, id));
    if (!added) give_up(id, added.error());
    return true;
}

void Forwarder::handle_connecting(Id id, Connection& connection, std::uint32_t events) {
    const int error = taken_error(connection.relay.socket(Relay::pod));
    if (error != 0) {
        if (connection.why == 0) connection.why = error;
        return try_next_way(id, connection);
    }
    if ((events & EPOLLOUT) == 0) return;
    connection.connected = true;
    pump(id, connection);
}

void Forwarder::pump(Id id, Connection& connection) {
    switch (connection.relay.pump(*scratch_)) {
        case Relay::State::waiting:
            return;
        case Relay::State::busy:
            if (!std::exchange(connection.busy, true)) busy_.push_back(id);
            return;
        case Relay::State::ended:
            end(id);
            return;
    }
}

void Forwarder::pump_busy() {
    for (std::size_t left = busy_.size(); left > 0; --left) {
        const Id id = busy_.front();
        busy_.pop_front();
        const auto found = connections_.find(id);
        if (found == connections_.end()) continue;
        found->second.busy = false;
        pump(id, found->second);
    }
}

void Forwarder::give_up_late() {
    const Instant now = probe::monotonic_now();
    while (!deadlines_.empty() && deadlines_.front().first <= now) {
        const Id id = deadlines_.front().second;
        deadlines_.pop_front();
        const auto found = connections_.find(id);
        if (found == connections_.end() || found->second.connected) continue;
        give_up(id, Error{ErrorCode::timed_out,
                          "connect to " + found->second.tried + ": no answer in time"});
    }
}

void Forwarder::give_up(Id id, const Error& why) {
    const auto found = connections_.find(id);
    found->second.relay.reset();
    failed_(found->second.pod_port, why);
    end(id);
}

void Forwarder::end(Id id) { connections_.erase(id); }

}  // namespace flatlan::forward
