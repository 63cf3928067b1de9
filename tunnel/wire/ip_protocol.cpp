#include "tunnel/wire/ip_protocol.hpp"

namespace flatlan::tunnel {

std::string to_string(IpProtocol protocol) {
    switch (protocol) {
        case IpProtocol::hop_by_hop:
            return "hop-by-hop options";
        case IpProtocol::icmp:
            return "ICMP";
        case IpProtocol::tcp:
            return "TCP";
        case IpProtocol::udp:
            return "UDP";
        case IpProtocol::routing:
            return "routing header";
        case IpProtocol::fragment:
            return "fragment header";
        case IpProtocol::authentication:
            return "authentication header";
        case IpProtocol::icmpv6:
            return "ICMPv6";
        case IpProtocol::no_next_header:
            return "no next header";
        case IpProtocol::destination_options:
            return "destination options";
    }
    return "protocol " + std::to_string(static_cast<unsigned>(protocol));
}

}  // namespace flatlan::tunnel
