#include "overlay/probe/io/trace/exchange.hpp"

#include <netinet/in.h>

#include "overlay/probe/io/sockets.hpp"

namespace flatlan::trace {

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
