#include "tests/conformance/tunnel/icmp_error.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace flatlan::tunnel {
namespace {

constexpr int kPatienceMs = 10'000;

void set(int socket, IpFamily family, int option_v4, int option_v6, int value) {
    const bool v4 = family == IpFamily::ipv4;
    if (setsockopt(socket, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? option_v4 : option_v6, &value,
                   sizeof value) != 0)
        throw std::runtime_error{std::strerror(errno)};
}

IpAddress address_behind(const sock_extended_err* error) {
    const sockaddr* const offender = SO_EE_OFFENDER(error);
    if (offender->sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, offender, sizeof in);
        return Ipv4Address{ntohl(in.sin_addr.s_addr)};
    }
    std::array<std::byte, Ipv6Address::kSizeBytes> octets{};
    if (offender->sa_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, offender, sizeof in);
        std::memcpy(octets.data(), &in.sin6_addr, octets.size());
    }
    return Ipv6Address::from_octets(octets);
}

}  // namespace

void ask_for_errors(int socket, IpFamily family) {
    set(socket, family, IP_RECVERR, IPV6_RECVERR, 1);
    // What a router said before does not hold the next packet back (ip(7)).
    set(socket, family, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, IP_PMTUDISC_PROBE);
}

void allow_fragments(int socket, IpFamily family) {
    set(socket, family, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

void limit_hops(int socket, IpFamily family, int hops) {
    set(socket, family, IP_TTL, IPV6_UNICAST_HOPS, hops);
}

std::optional<IcmpError> next_error(int socket, IpFamily family) {
    pollfd wait{socket, 0, 0};  // POLLERR is always told
    if (poll(&wait, 1, kPatienceMs) <= 0) return std::nullopt;
    std::array<char, 2048> payload{};
    alignas(cmsghdr) std::array<char, 512> control{};
    iovec part{payload.data(), payload.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
    for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
        const bool is_error = family == IpFamily::ipv4
                                  ? at->cmsg_level == SOL_IP && at->cmsg_type == IP_RECVERR
                                  : at->cmsg_level == SOL_IPV6 && at->cmsg_type == IPV6_RECVERR;
        if (!is_error) continue;
        const auto* const error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(at));
        return IcmpError{static_cast<int>(error->ee_errno), error->ee_type, error->ee_info,
                         address_behind(error)};
    }
    return std::nullopt;
}

}  // namespace flatlan::tunnel
