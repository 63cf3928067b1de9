#pragma once

#include <cstdint>
#include <string>

namespace flatlan::tunnel {

/// What follows an IP header: the protocol field of IPv4, the next header field of IPv6 (IANA,
/// "Assigned Internet Protocol Numbers"). Other values occur.
enum class IpProtocol : std::uint8_t {
    hop_by_hop = 0,
    icmp = 1,
    tcp = 6,
    udp = 17,
    routing = 43,
    fragment = 44,
    authentication = 51,
    icmpv6 = 58,
    no_next_header = 59,
    destination_options = 60,
};

/// "TCP", "ICMPv6" and so on, else "protocol 132".
std::string to_string(IpProtocol protocol);

}  // namespace flatlan::tunnel
