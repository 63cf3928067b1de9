#include "tests/conformance/tunnel/stream.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "overlay/linux/unique_fd.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::tunnel {
namespace {

constexpr long kPatienceSeconds = 30;
constexpr std::size_t kChunkBytes = 64 << 10;

struct SocketAddress {
    sockaddr_in6 storage{};  // the longer of both
    socklen_t size = sizeof storage;
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress socket_address(const IpAddress& address, std::uint16_t port_network_order) {
    SocketAddress made;
    if (address.is_ipv4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = port_network_order;
        in.sin_addr.s_addr = htonl(address.ipv4().value());
        std::memcpy(&made.storage, &in, made.size = sizeof in);
    } else {
        made.storage.sin6_family = AF_INET6;
        made.storage.sin6_port = port_network_order;
        const auto octets = address.ipv6().octets();
        std::memcpy(&made.storage.sin6_addr, octets.data(), octets.size());
    }
    return made;
}

/// A TCP socket inside the namespace, bound to the end's address; it gives up after a while.
UniqueFd open_socket(const StreamEnd& end) {
    return support::must(run_in(end.network, [&]() -> Result<UniqueFd> {
        UniqueFd socket{
            ::socket(end.address.is_ipv4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
        for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
            setsockopt(socket.get(), SOL_SOCKET, option, &patience, sizeof patience);
        auto own = socket_address(end.address, 0);
        if (!socket || bind(socket.get(), own.get(), own.size) != 0)
            return Error::from_errno(errno, "bind a TCP socket");
        return socket;
    }));
}

/// The octet at that place of every stream: no period that a segment's size could hide.
char octet_at(std::size_t place) { return static_cast<char>((place * 2'654'435'761U) >> 24U); }

std::string send_all(int socket, std::size_t size_bytes) {
    std::vector<char> chunk(kChunkBytes);
    for (std::size_t sent = 0; sent < size_bytes;) {
        const std::size_t now = std::min(kChunkBytes, size_bytes - sent);
        for (std::size_t i = 0; i < now; ++i)
            chunk[i] = octet_at(sent + i);
        const ssize_t taken = send(socket, chunk.data(), now, MSG_NOSIGNAL);
        if (taken <= 0) return "send: " + std::string{std::strerror(errno)};
        sent += static_cast<std::size_t>(taken);
    }
    shutdown(socket, SHUT_WR);
    return {};
}

std::string receive_all(int socket, std::size_t size_bytes) {
    std::vector<char> chunk(kChunkBytes);
    std::size_t received = 0;
    for (;;) {
        const ssize_t got = recv(socket, chunk.data(), chunk.size(), 0);
        if (got < 0) return "receive: " + std::string{std::strerror(errno)};
        if (got == 0) break;
        for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i)
            if (chunk[i] != octet_at(received + i))
                return "octet " + std::to_string(received + i) + " differs";
        received += static_cast<std::size_t>(got);
    }
    return received == size_bytes ? "" : std::to_string(received) + " octets arrived";
}

}  // namespace

std::string stream(const StreamEnd& from, const StreamEnd& to, std::size_t size_bytes) {
    const UniqueFd listener = open_socket(to);
    const UniqueFd sender = open_socket(from);
    SocketAddress there;
    if (listen(listener.get(), 1) != 0 ||
        getsockname(listener.get(), there.get(), &there.size) != 0 ||
        connect(sender.get(), there.get(), there.size) != 0)
        return "connect: " + std::string{std::strerror(errno)};
    SocketAddress seen, own;
    const UniqueFd receiver{accept(listener.get(), seen.get(), &seen.size)};
    if (!receiver || getsockname(sender.get(), own.get(), &own.size) != 0)
        return "accept: " + std::string{std::strerror(errno)};
    if (seen.size != own.size || std::memcmp(&seen.storage, &own.storage, own.size) != 0)
        return "the receiver sees another sender";
    const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
    setsockopt(receiver.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

    std::string not_sent;
    std::thread sending{[&] { not_sent = send_all(sender.get(), size_bytes); }};
    const std::string not_received = receive_all(receiver.get(), size_bytes);
    sending.join();
    return not_sent.empty() ? not_received : not_sent;
}

}  // namespace flatlan::tunnel
