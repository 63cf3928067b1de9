#include "overlay/probe/observation.hpp"

#include <cerrno>

namespace flatlan::probe {
namespace {

RefusalKind refusal_of_icmpv4(std::uint8_t type, std::uint8_t code) {
    constexpr std::uint8_t kDestinationUnreachable = 3;
    constexpr std::uint8_t kTimeExceeded = 11;
    if (type == kTimeExceeded) return RefusalKind::ttl_expired;
    if (type != kDestinationUnreachable) return RefusalKind::other;
    switch (code) {
        case 0:   // network unreachable
        case 1:   // host unreachable
        case 6:   // network unknown
        case 7:   // host unknown
        case 11:  // network unreachable for the type of service
        case 12:  // host unreachable for the type of service
            return RefusalKind::no_route;
        case 2:  // protocol unreachable
        case 3:  // port unreachable
            return RefusalKind::port_closed;
        case 4:  // fragmentation needed
            return RefusalKind::too_large;
        case 9:   // network administratively prohibited
        case 10:  // host administratively prohibited
        case 13:  // communication administratively prohibited
            return RefusalKind::prohibited;
        default:
            return RefusalKind::other;
    }
}

RefusalKind refusal_of_icmpv6(std::uint8_t type, std::uint8_t code) {
    constexpr std::uint8_t kDestinationUnreachable = 1;
    constexpr std::uint8_t kPacketTooBig = 2;
    constexpr std::uint8_t kTimeExceeded = 3;
    if (type == kPacketTooBig) return RefusalKind::too_large;
    if (type == kTimeExceeded) return RefusalKind::ttl_expired;
    if (type != kDestinationUnreachable) return RefusalKind::other;
    switch (code) {
        case 0:  // no route to destination
        case 3:  // address unreachable
        case 6:  // reject route
            return RefusalKind::no_route;
        case 1:  // administratively prohibited
        case 5:  // source address failed policy
            return RefusalKind::prohibited;
        case 4:  // port unreachable
            return RefusalKind::port_closed;
        default:
            return RefusalKind::other;
    }
}

}  // namespace

RefusalKind refusal_of_errno(int errno_value) {
    switch (errno_value) {
        case ENETUNREACH:
        case EHOSTUNREACH:
        case EHOSTDOWN:
        case ENETDOWN:
            return RefusalKind::no_route;
        case EACCES:
        case EPERM:
            return RefusalKind::prohibited;
        case ECONNREFUSED:
        case ECONNRESET:
            return RefusalKind::port_closed;
        case EMSGSIZE:
            return RefusalKind::too_large;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
        case EAGAIN:
            return RefusalKind::own_limit;
        default:
            return RefusalKind::other;
    }
}

RefusalKind refusal_of_icmp(IpFamily family, std::uint8_t type, std::uint8_t code) {
    return family == IpFamily::ipv4 ? refusal_of_icmpv4(type, code) : refusal_of_icmpv6(type, code);
}

}  // namespace flatlan::probe
