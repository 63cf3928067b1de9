#include "overlay/probe/io/echo_socket.hpp"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <cerrno>

#include "overlay/probe/io/sockets.hpp"

namespace flatlan::probe {
namespace {

template <typename Filter>
Result<void> set_filter(const UniqueFd& socket, int level, int option, const Filter& filter) {
    if (::setsockopt(socket.get(), level, option, &filter, sizeof filter) != 0)
        return Error::from_errno(errno, "set the ICMP filter of a socket");
    return success();
}

/// Only what concerns probes comes through, not Neighbour Discovery or another one's redirects.
Result<void> filter_types(const UniqueFd& socket, IpFamily family) {
    if (family == IpFamily::ipv4) {
        icmp_filter filter{};  // a set bit keeps the type out
        filter.data = ~(1U << ICMP_ECHO | 1U << ICMP_ECHOREPLY | 1U << ICMP_DEST_UNREACH |
                        1U << ICMP_TIME_EXCEEDED);
        return set_filter(socket, SOL_RAW, ICMP_FILTER, filter);
    }
    icmp6_filter filter{};
    ICMP6_FILTER_SETBLOCKALL(&filter);
    for (const int type : {ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY, ICMP6_DST_UNREACH,
                           ICMP6_PACKET_TOO_BIG, ICMP6_TIME_EXCEEDED})
        ICMP6_FILTER_SETPASS(type, &filter);
    return set_filter(socket, IPPROTO_ICMPV6, ICMP6_FILTER, filter);
}

}  // namespace

Result<UniqueFd> open_echo_socket(IpFamily family) {
    int protocol = IPPROTO_ICMP;
    if (family == IpFamily::ipv6) protocol = IPPROTO_ICMPV6;
    FLATLAN_TRY(socket, open_socket(family, SOCK_RAW, protocol));
    FLATLAN_TRY_VOID(filter_types(socket, family));
    FLATLAN_TRY_VOID(report_destinations(socket, family));
    FLATLAN_TRY_VOID(fix_ttl(socket, family));
    return std::move(socket);
}

std::optional<EchoSeen> read_echo(IpFamily family, const Datagram& datagram) {
    if (family == IpFamily::ipv4) return read_icmpv4(datagram.octets);
    if (!datagram.source || !datagram.source->address.is_ipv6() || !datagram.destination ||
        !datagram.destination->is_ipv6())
        return std::nullopt;
    auto seen =
        read_icmpv6(datagram.octets, datagram.source->address.ipv6(), datagram.destination->ipv6());
    if (seen) seen->ttl = datagram.ttl.value_or(0);
    return seen;
}

void add_echo_request(SendBatch& batch, const Payload& payload) {
    // A raw socket takes no port.
    const auto octets = batch.add({payload.destination.address, Port::any()}, kEchoSizeBytes,
                                  payload.source.address);
    write_echo_request(octets.first<kEchoSizeBytes>(), payload);
}

}  // namespace flatlan::probe
