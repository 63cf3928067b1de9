#include "tunnel/user/udp_sockets.hpp"

#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "tunnel/wire/flow_hash.hpp"

namespace flatlan::tunnel {
namespace {

constexpr int kOn = 1;
constexpr int kOff = 0;
/// What a socket may hold, in octets of payload; the kernel counts twice that with its overhead,
/// and gives less where rmem_max says so. 4 MiB are 64 of the largest joined datagrams: 2 ms at 16
/// Gb/s, the time for which the thread may be kept from the processor.
constexpr int kReceiveBytes = 4 << 20;
constexpr int kSendBytes = 4 << 20;
constexpr int kUnusedReceiveBytes = 2048;  // of a socket to which nobody sends
constexpr int kBindTries = 64;

template <typename Value>
Result<void> set_option(const UniqueFd& socket, int level, int option, const Value& value,
                        const char* attempt) {
    if (::setsockopt(socket.get(), level, option, &value, sizeof value) != 0)
        return Error::from_errno(errno, attempt);
    return success();
}

/// The same where it does no harm when the kernel cannot.
template <typename Value>
void try_option(const UniqueFd& socket, int level, int option, const Value& value) {
    static_cast<void>(::setsockopt(socket.get(), level, option, &value, sizeof value));
}

Result<UniqueFd> open_udp(IpFamily family) {
    UniqueFd socket{::socket(family == IpFamily::ipv4 ? AF_INET : AF_INET6,
                             SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP)};
    if (!socket) return Error::from_errno(errno, "open a UDP socket");
    if (family == IpFamily::ipv6)
        FLATLAN_TRY_VOID(set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, kOn, "set IPV6_V6ONLY"));
    // The endpoint's address may come, go and come back.
    try_option(socket, family == IpFamily::ipv4 ? IPPROTO_IP : IPPROTO_IPV6,
               family == IpFamily::ipv4 ? IP_FREEBIND : IPV6_FREEBIND, kOn);
    return socket;
}

Result<void> bind_to(const UniqueFd& socket, const Endpoint& local) {
    SocketAddress address = SocketAddress::from(local.address, local.port);
    if (::bind(socket.get(), address.get(), address.size_bytes) == 0) return success();
    Error error = Error::from_errno(errno, "bind to " + to_string(local));
    if (error.system_errno() != EADDRINUSE) return error;
    return std::move(error)
        .as(ErrorCode::conflict)
        .within("UDP port " + std::to_string(local.port.value()) + " is in use");
}

Result<UniqueFd> open_receiver(const Endpoint& local, int share) {
    const IpFamily family = local.address.family();
    FLATLAN_TRY(socket, open_udp(family));
    FLATLAN_TRY_VOID(set_option(socket, SOL_SOCKET, SO_REUSEPORT, share, "set SO_REUSEPORT"));
    FLATLAN_TRY_VOID(bind_to(socket, local));
    // As root beyond the limit, else as far as the limit goes.
    try_option(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBytes);
    try_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBytes);
    try_option(socket, IPPROTO_UDP, UDP_GRO, kOn);
    if (family == IpFamily::ipv4) {
        FLATLAN_TRY_VOID(set_option(socket, IPPROTO_IP, IP_RECVTOS, kOn, "set IP_RECVTOS"));
    } else {
        FLATLAN_TRY_VOID(
            set_option(socket, IPPROTO_IPV6, IPV6_RECVTCLASS, kOn, "set IPV6_RECVTCLASS"));
        // RFC 6935: a tunnel may come without checksums over IPv6.
        try_option(socket, IPPROTO_UDP, UDP_NO_CHECK6_RX, kOn);
    }
    return std::move(socket);
}

}  // namespace

Result<std::vector<UniqueFd>> open_receivers(const Namespace& network, const Endpoint& local,
                                             std::size_t queues) {
    return run_in(network, [&]() -> Result<std::vector<UniqueFd>> {
        std::vector<UniqueFd> sockets;
        // The first one is alone with its port, or fails; the others share it with that one, and
        // afterwards nobody may any more.
        for (std::size_t queue = 0; queue < queues; ++queue) {
            FLATLAN_TRY(socket, open_receiver(local, queue == 0 ? kOff : kOn));
            if (queue == 0 && queues > 1)
                FLATLAN_TRY_VOID(
                    set_option(socket, SOL_SOCKET, SO_REUSEPORT, kOn, "set SO_REUSEPORT"));
            sockets.push_back(std::move(socket));
        }
        for (const UniqueFd& socket : sockets)
            FLATLAN_TRY_VOID(
                set_option(socket, SOL_SOCKET, SO_REUSEPORT, kOff, "clear SO_REUSEPORT"));
        return sockets;
    });
}

Result<UniqueFd> open_sender(const Namespace& network, const IpAddress& local) {
    return run_in(network, [&]() -> Result<UniqueFd> {
        const bool ipv4 = local.is_ipv4();
        FLATLAN_TRY(socket, open_udp(local.family()));
        constexpr unsigned kPorts = 65536U - kOuterSourcePortMin;
        constexpr unsigned kStep = 4099;  // a prime: tries lie far apart
        Result<void> bound = success();
        for (unsigned attempt = 0; attempt < kBindTries; ++attempt) {
            const unsigned start = static_cast<unsigned>(socket.get()) * 97U;
            const auto port = static_cast<std::uint16_t>(kOuterSourcePortMin +
                                                         (start + attempt * kStep) % kPorts);
            bound = bind_to(socket, {local, Port{port}});
            if (bound || bound.error().code() != ErrorCode::conflict) break;
        }
        if (!bound) return std::move(bound).error();
        try_option(socket, SOL_SOCKET, SO_RCVBUF, kUnusedReceiveBytes);
        try_option(socket, SOL_SOCKET, SO_SNDBUF, kSendBytes);
        try_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, kSendBytes);
        const int discover = ipv4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
        FLATLAN_TRY_VOID(set_option(socket, ipv4 ? IPPROTO_IP : IPPROTO_IPV6,
                                    ipv4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, discover,
                                    "forbid fragmentation"));
        return std::move(socket);
    });
}

bool joins_datagrams(const UniqueFd& socket) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket.get(), IPPROTO_UDP, UDP_GRO, &value, &size) == 0 && value != 0;
}

bool cuts_datagrams(const UniqueFd& socket) {
    return ::setsockopt(socket.get(), IPPROTO_UDP, UDP_SEGMENT, &kOff, sizeof kOff) == 0;
}

}  // namespace flatlan::tunnel
