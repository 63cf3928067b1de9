#include "overlay/probe/io/trace/exchange.hpp"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "overlay/probe/io/sockets.hpp"

namespace flatlan::trace {
namespace {

/// What the kernel dropped for want of room in the socket's queue; nothing where there is no
/// socket.
std::uint32_t drops_of(int socket) {
    std::array<std::uint32_t, SK_MEMINFO_VARS> told{};
    socklen_t size = sizeof told;
    if (::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, told.data(), &size) != 0) return 0;
    return told[SK_MEMINFO_DROPS];
}

}  // namespace

std::uint32_t Exchange::count_lost() const {
    std::uint32_t lost = 0;
    for (const int socket : descriptors())
        lost += drops_of(socket);
    return lost;
}

Result<std::unique_ptr<Exchange>> open_exchange(const ExchangeSpec& spec) {
    switch (spec.protocol) {
        case probe::Protocol::icmp:
            return open_icmp_exchange(spec);
        case probe::Protocol::udp:
            return open_udp_exchange(spec);
        case probe::Protocol::tcp:
            break;
    }
    return open_tcp_exchange(spec);
}

Result<void> forbid_fragments(const UniqueFd& socket, IpFamily family) {
    if (family == IpFamily::ipv4)
        return probe::set_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE,
                                 "IP_MTU_DISCOVER");
    return probe::set_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE,
                             "IPV6_MTU_DISCOVER");
}

}  // namespace flatlan::trace
