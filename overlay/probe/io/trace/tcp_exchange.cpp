#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "overlay/probe/io/socket_address.hpp"
#include "overlay/probe/io/sockets.hpp"
#include "overlay/probe/io/trace/exchange.hpp"

namespace flatlan::trace {
namespace {

/// One connection; what is large is a stream of full segments.
class TcpExchange final : public Exchange {
public:
    TcpExchange(const ExchangeSpec& spec, Trail trail, UniqueFd sender, UniqueFd listener)
        : flow_{spec.flow},
          trail_{trail},
          to_service_{spec.service.has_value()},
          sender_{std::move(sender)},
          listener_{std::move(listener)},
          buffer_(65536) {}

    Trail trail() const override { return trail_; }

    void send_small(Observation& seen) override {
        seen.small.sent = 1;
        const probe::SocketAddress to{{flow_.destination, trail_.destination}};
        if (::connect(sender_.get(), to.get(), to.size()) == 0)
            connected(seen);
        else if (errno == ECONNREFUSED)
            seen.refused = true;
    }

    void send_large(Observation&, std::uint32_t size_bytes) override {
        if (owed_bytes_ != 0 || to_service_) return;
        const std::vector<std::byte> stream(std::size_t{size_bytes} * 2);
        const ssize_t sent = ::send(sender_.get(), stream.data(), stream.size(), MSG_NOSIGNAL);
        // A connection that has ended takes nothing: then nothing is owed, and nothing answered.
        if (sent > 0) owed_bytes_ = static_cast<std::size_t>(sent);
    }

    bool read(Observation& seen) override {
        if (seen.small.answered == 0) ask_connection(seen);
        if (listener_.get() >= 0 && !accepted_)
            accepted_ = UniqueFd{
                ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (listener_.get() < 0 && owed_bytes_ != 0 && has_been_taken())
            seen.large.arrived = seen.large.answered = seen.large.sent;
        if (!accepted_) return true;
        seen.small.arrived = 1;
        int reads = 0;
        for (; reads < kPacketsPerTurn; ++reads) {
            const ssize_t got = ::recv(accepted_.get(), buffer_.data(), buffer_.size(), 0);
            if (got <= 0) break;
            taken_bytes_ += static_cast<std::size_t>(got);
        }
        if (owed_bytes_ != 0 && taken_bytes_ >= owed_bytes_)
            seen.large.arrived = seen.large.answered = seen.large.sent;
        return reads < kPacketsPerTurn;
    }

    std::vector<int> descriptors() const override {
        return {sender_.get(), listener_.get(), accepted_.get()};
    }

private:
    /// Whether the other machine's kernel has acknowledged all that was sent (tcp(7), SIOCOUTQ).
    bool has_been_taken() const {
        int waiting = 0;
        return ::ioctl(sender_.get(), SIOCOUTQ, &waiting) == 0 && waiting == 0;
    }
    void connected(Observation& seen) {
        seen.small.answered = 1;
        seen.small.arrived = 1;
    }
    void ask_connection(Observation& seen) {
        int failure = 0;
        socklen_t size = sizeof failure;
        ::getsockopt(sender_.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
        if (failure == ECONNREFUSED) seen.refused = true;
        tcp_info info{};
        size = sizeof info;
        if (::getsockopt(sender_.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
            info.tcpi_state == TCP_ESTABLISHED)
            connected(seen);
    }

    Flow flow_;
    Trail trail_;
    bool to_service_;
    UniqueFd sender_;
    UniqueFd listener_;  ///< none where a service is asked for, or another machine listens
    UniqueFd accepted_;
    std::size_t owed_bytes_ = 0;
    std::size_t taken_bytes_ = 0;
    std::vector<std::byte> buffer_;
};

Result<UniqueFd> open_bound(const IpAddress& address) {
    FLATLAN_TRY(socket, probe::open_socket(address.family(), SOCK_STREAM, IPPROTO_TCP));
    FLATLAN_TRY_VOID(probe::bind_socket(socket, address, Port::any()));
    return std::move(socket);
}

Result<UniqueFd> open_listener(const IpAddress& address) {
    FLATLAN_TRY(socket, open_bound(address));
    if (::listen(socket.get(), 1) != 0) return Error::from_errno(errno, "listen");
    return std::move(socket);
}

}  // namespace

Result<std::unique_ptr<Exchange>> open_tcp_exchange(const ExchangeSpec& spec) {
    Trail trail{.protocol = spec.protocol, .tag = spec.tag};
    UniqueFd listener;
    if (spec.service || spec.to == nullptr) {
        trail.destination = spec.service.value_or(spec.far_port);
    } else {
        FLATLAN_TRY(socket, open_at(spec.to, [&] { return open_listener(spec.flow.destination); }));
        FLATLAN_TRY(end, probe::local_endpoint(socket));
        trail.destination = end.port;
        listener = std::move(socket);
    }
    FLATLAN_TRY(sender, open_at(spec.from, [&] { return open_bound(spec.flow.source); }));
    if (spec.from != nullptr) {
        FLATLAN_TRY(end, probe::local_endpoint(sender));
        trail.source = end.port;
    }
    std::unique_ptr<Exchange> exchange =
        std::make_unique<TcpExchange>(spec, trail, std::move(sender), std::move(listener));
    return exchange;
}

}  // namespace flatlan::trace
