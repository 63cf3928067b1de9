#include "tools/forward/listener.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <fstream>

#include "overlay/linux/socket_address.hpp"

namespace flatlan::forward {
namespace {

constexpr Ipv4Address kLoopback4{0x7f00'0001};
constexpr Ipv6Address kLoopback6{1};
/// How often another port is tried where the one that the kernel chose for one address is in use at
/// another.
constexpr int kChoicesMax = 16;

/// The least port that an ordinary user may take (ip(7)).
unsigned unprivileged_port_min() {
    unsigned least = 1024;
    std::ifstream{"/proc/sys/net/ipv4/ip_unprivileged_port_start"} >> least;
    return least;
}

Error cannot_listen(const Endpoint& at, Port pod, int why) {
    const std::string port = "port " + std::to_string(at.port.value());
    const std::string pod_text = std::to_string(pod.value());
    const std::string any = "':" + pod_text + "' for any that is free";
    switch (why) {
        case EADDRINUSE:
            return Error{ErrorCode::conflict, port + " of " + to_string(at.address) + " is in use"}
                .at("PORT")
                .expecting("another LOCAL, or " + any);
        case EACCES: {
            const unsigned least = unprivileged_port_min();
            const unsigned higher = std::min(least + at.port.value() % 1000U, 65535U);
            return Error{ErrorCode::forbidden, port +
                                                   " of this machine is for root alone, as all "
                                                   "below " +
                                                   std::to_string(least)}
                .at("PORT")
                .expecting("a higher LOCAL, '" + std::to_string(higher) + ":" + pod_text +
                           "', or " + any);
        }
        case EADDRNOTAVAIL:
        case EAFNOSUPPORT:
        case EINVAL:  // a link-local one, without its device
            return Error{ErrorCode::invalid_argument,
                         to_string(at.address) + " is no address of this machine"}
                .at("--address")
                .expecting("localhost, or one that 'ip address' lists");
        default:
            return Error::from_errno(why, "listen at " + to_string(at));
    }
}

/// Error with the kernel's errno alone, for cannot_listen.
Result<Listener> listen_at(const Endpoint& at, Port pod) {
    const auto failed = [] { return Error::from_errno(errno, "listen"); };
    const int family = at.address.is_ipv4() ? AF_INET : AF_INET6;
    UniqueFd socket{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return failed();
    constexpr int kOn = 1;
    // Else the connections of a former run keep the port to themselves for a minute.
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn);
    if (at.address.is_ipv6())
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &kOn, sizeof kOn);
    auto address = SocketAddress::from(at.address, at.port);
    if (::bind(socket.get(), address.get(), address.size_bytes) != 0 ||
        ::listen(socket.get(), SOMAXCONN) != 0 ||
        ::getsockname(socket.get(), address.get(), &address.size_bytes) != 0)
        return failed();
    const Port port{ntohs(address.storage.sin6_port)};  // where a sockaddr_in has its own
    return Listener{std::move(socket), Endpoint{at.address, port}, pod};
}

/// One pair at all addresses.
Result<std::vector<Listener>> listen_for(std::span<const IpAddress> addresses, const PortPair& pair,
                                         bool usual) {
    std::vector<Listener> listeners;
    for (const IpAddress& address : addresses) {
        const Endpoint at{address, listeners.empty() ? pair.local : listeners.front().at.port};
        auto listener = listen_at(at, pair.pod);
        if (listener) {
            listeners.push_back(std::move(listener).value());
            continue;
        }
        const int why = listener.error().system_errno();
        const bool missing = why == EADDRNOTAVAIL || why == EAFNOSUPPORT;
        if (usual && missing && !listeners.empty()) continue;  // a machine without IPv6
        return cannot_listen(at, pair.pod, why);
    }
    return listeners;
}

}  // namespace

Result<std::vector<Listener>> open_listeners(std::span<const IpAddress> addresses,
                                             std::span<const PortPair> pairs) {
    const std::vector<IpAddress> usual{kLoopback4, kLoopback6};
    std::vector<Listener> all;
    for (const PortPair& pair : pairs) {
        auto listeners = listen_for(addresses.empty() ? usual : addresses, pair, addresses.empty());
        for (int i = 1; i < kChoicesMax && !listeners && pair.local == Port::any() &&
                        listeners.error().code() == ErrorCode::conflict;
             ++i)
            listeners = listen_for(addresses.empty() ? usual : addresses, pair, addresses.empty());
        if (!listeners) return std::move(listeners).error();
        for (Listener& each : listeners.value())
            all.push_back(std::move(each));
    }
    return all;
}

}  // namespace flatlan::forward
