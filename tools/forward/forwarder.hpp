#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "overlay/probe/io/epoll.hpp"
#include "tools/forward/listener.hpp"
#include "tools/forward/relay.hpp"

namespace flatlan::forward {

/// One of the ways to reach a port: a TCP socket that is not connected and does not block.
struct Way {
    UniqueFd socket;
    Endpoint to;
};

/// The ways to a port in the order in which they are tried, by their number from 0 on; nothing
/// behind the last one, and at least one before it. Asked anew for each connection. Must answer at
/// once, or nearly so: all connections wait meanwhile. Its Error is why there are none now.
using FindWay = std::function<Result<std::optional<Way>>(Port port, std::size_t number)>;

/// What a Forwarder holds at most.
struct ForwarderLimits {
    /// Connections; those that come then wait until another one ends (listen(2)).
    std::size_t connections_max = 16'384;
    /// For all ways together, from when the connection was taken.
    Duration connect_patience = std::chrono::seconds{10};
};

/// Carries each TCP connection that comes to its listeners over one that it makes. One thread, no
/// waiting but for all of them together (epoll(7)); of each connection 64 KiB in each direction at
/// most are kept here.
class Forwarder {
public:
    /// Told of each connection that could not be made. It has been reset.
    using Failed = std::function<void(Port port, const Error& why)>;

    static Result<Forwarder> open(std::vector<Listener> listeners, FindWay find_way, Failed failed,
                                  ForwarderLimits limits = {});

    std::span<const Listener> listeners() const { return listeners_; }

    /// Goes on until `interrupt` is readable, and ends all connections then.
    Result<void> run(const UniqueFd& interrupt);

private:
    using Id = std::uint64_t;
    struct Connection {
        Relay relay;
        Port pod_port;
        std::size_t way = 0;  ///< the number of the one that is tried
        std::string tried{};  ///< "127.0.0.1, ::1"
        int why = 0;          ///< errno of the first of them
        bool connected = false;
        bool busy = false;  ///< it is in busy_
    };

    Forwarder(probe::Epoll epoll, std::vector<Listener> listeners, FindWay find_way, Failed failed,
              ForwarderLimits limits);

    void handle(const epoll_event& event);
    void accept_some(Listener& listener);
    void accept_rest();
    void take(UniqueFd client, Port pod_port);
    void try_next_way(Id id, Connection& connection);
    /// False: the way is none, and the next one may be.
    bool start(Id id, Connection& connection, Way way);
    void handle_connecting(Id id, Connection& connection, std::uint32_t events);
    void pump(Id id, Connection& connection);
    void pump_busy();
    void give_up_late();
    void give_up(Id id, const Error& why);
    void end(Id id);
    Duration time_to_wait() const;

    probe::Epoll epoll_;
    std::vector<Listener> listeners_;
    FindWay find_way_;
    Failed failed_;
    ForwarderLimits limits_;
    std::unique_ptr<std::array<std::byte, Flow::kReadMaxBytes>> scratch_;
    std::map<Id, Connection> connections_;
    std::deque<std::pair<Instant, Id>> deadlines_;  ///< of those that connect, and maybe of others
    std::deque<Id> busy_;
    Id next_ = 0;
    bool unaccepted_ = false;  ///< listeners may have connections that have not been taken
    bool starved_ = false;     ///< there was no descriptor or memory for them
};

}  // namespace flatlan::forward
