#pragma once

#include <optional>

#include "overlay/base/ip_address.hpp"

/// What the network says of a datagram that did not arrive (IP_RECVERR of ip(7)).
namespace flatlan::tunnel {

struct IcmpError {
    int errno_value;
    int type;            ///< of the ICMP or ICMPv6 message
    std::uint32_t info;  ///< the MTU, of a packet that was too big
    IpAddress offender;  ///< who says so
};

/// Each throws when the kernel refuses the option.
void ask_for_errors(int socket, IpFamily family);  ///< and sends with DF what the interface takes
void allow_fragments(int socket, IpFamily family);
void limit_hops(int socket, IpFamily family, int hops);

/// The next error that the socket is told of, or nothing when none comes within ten seconds.
std::optional<IcmpError> next_error(int socket, IpFamily family);

}  // namespace flatlan::tunnel
