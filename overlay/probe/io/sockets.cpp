#include "overlay/probe/io/sockets.hpp"

#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "overlay/probe/io/socket_address.hpp"
#include "overlay/probe/observation.hpp"

namespace flatlan::probe {
namespace {

Error bind_error(int errno_value, const IpAddress& address) {
    auto error = Error::from_errno(errno_value, "bind to " + to_string(address));
    return errno_value == EADDRNOTAVAIL ? std::move(error).as(ErrorCode::not_found) : error;
}

}  // namespace

Result<UniqueFd> open_socket(IpFamily family, int type, int protocol) {
    UniqueFd socket{::socket(to_kernel(family), type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol)};
    if (!socket) return Error::from_errno(errno, "open a socket");
    return socket;
}

Result<void> set_option(const UniqueFd& socket, int level, int option, int value,
                        const char* name) {
    if (::setsockopt(socket.get(), level, option, &value, sizeof value) != 0)
        return Error::from_errno(errno, std::string{"set socket option "} + name);
    return success();
}

Result<void> bind_socket(const UniqueFd& socket, const IpAddress& address, Port preferred) {
    const SocketAddress wanted{Endpoint{address, preferred}};
    if (::bind(socket.get(), wanted.get(), wanted.size()) == 0) return success();
    if (errno != EADDRINUSE) return bind_error(errno, address);
    const SocketAddress any_port{Endpoint{address, Port::any()}};
    if (::bind(socket.get(), any_port.get(), any_port.size()) == 0) return success();
    return bind_error(errno, address);
}

Result<void> reset_on_close(const UniqueFd& socket) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0)
        return Error::from_errno(errno, "set socket option SO_LINGER");
    return success();
}

Result<Endpoint> local_endpoint(const UniqueFd& socket) {
    SocketAddress address;
    socklen_t size = SocketAddress::kCapacity;
    if (::getsockname(socket.get(), address.get(), &size) != 0)
        return Error::from_errno(errno, "ask a socket for its address");
    if (const auto endpoint = address.endpoint()) return *endpoint;
    return Error{ErrorCode::system, "a socket has no internet address"};
}

Result<void> report_destinations(const UniqueFd& socket, IpFamily family) {
    if (family == IpFamily::ipv4)
        return set_option(socket, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    return set_option(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
}

Result<void> fix_ttl(const UniqueFd& socket, IpFamily family) {
    if (family == IpFamily::ipv4) {
        FLATLAN_TRY_VOID(set_option(socket, IPPROTO_IP, IP_TTL, kProbeTtl, "IP_TTL"));
        return set_option(socket, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
    }
    FLATLAN_TRY_VOID(
        set_option(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, kProbeTtl, "IPV6_UNICAST_HOPS"));
    return set_option(socket, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
}

Result<void> report_errors(const UniqueFd& socket, IpFamily family) {
    if (family == IpFamily::ipv4)
        return set_option(socket, IPPROTO_IP, IP_RECVERR, 1, "IP_RECVERR");
    return set_option(socket, IPPROTO_IPV6, IPV6_RECVERR, 1, "IPV6_RECVERR");
}

Result<void> report_send_times(const UniqueFd& socket) {
    constexpr int kFlags =
        SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;
    return set_option(socket, SOL_SOCKET, SO_TIMESTAMPING, kFlags, "SO_TIMESTAMPING");
}

Result<void> check_address(const IpAddress& address) {
    FLATLAN_TRY(socket, open_socket(address.family(), SOCK_DGRAM, 0));
    return bind_socket(socket, address, Port::any());
}

}  // namespace flatlan::probe
