#include "tunnel/user/user_news.hpp"

#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "overlay/linux/address.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"

namespace flatlan::tunnel {
namespace {

constexpr IfIndex kLoopback{1};  // LOOPBACK_IFINDEX of the kernel

bool link_is_news(const MadeDevice& made, const NetlinkMessageView& told) {
    // A bridge tells of its side of an interface under a family of its own.
    const auto header = told.header<ifinfomsg>();
    if (!header || header->ifi_family != AF_UNSPEC) return false;
    const auto link = parse_link(told);
    if (!link || link->index != made.index) return false;
    return told.type() == RTM_DELLINK || !is_as_made(made, *link);
}

bool neighbour_is_news(const MadeDevice& made, const NetlinkMessageView& told) {
    if (!made.mac) return false;  // a TUN has no next hops
    const auto neighbour = parse_neighbour(told);
    return neighbour && neighbour->device == made.index && !neighbour->address.is_multicast();
}

bool route_is_news(const MadeDevice& made, const NetlinkMessageView& told) {
    const auto route = parse_route(told);
    if (!route || route->table != kMainTable || route->protocol.value() == RTPROT_KERNEL)
        return false;
    // Of two routes that change places only the new one is told.
    if (route->device == made.index || (told.flags() & NLM_F_REPLACE) != 0) return true;
    // The node's own barrier against addresses that nobody has (overlay/pod/sandbox).
    return told.type() == RTM_DELROUTE && route->type == RouteType::unreachable &&
           route->protocol == kFlatlanRoutes;
}

/// Of a namespace's switches the kernel tells when packets are no longer forwarded.
bool switch_is_news(const MadeDevice& made, const NetlinkMessageView& told) {
    const auto attributes = told.attributes<netconfmsg>();
    const auto device = attributes.object<std::int32_t>(NETCONFA_IFINDEX);
    if (!device || (*device != NETCONFA_IFINDEX_ALL && *device != made.index.value())) return false;
    const auto forwarding = attributes.u32(NETCONFA_FORWARDING);
    return forwarding && *forwarding == 0;
}

}  // namespace

bool is_usable(const MadeDevice& made, const Link& link) {
    return link.index == made.index && link.name == made.name && link.has_carrier();
}

bool is_as_made(const MadeDevice& made, const Link& link) {
    return is_usable(made, link) && link.mtu == LinkMtu{made.mtu} &&
           (!made.mac || link.mac == made.mac);
}

bool is_news(const MadeDevice& made, const NetlinkMessageView& told) {
    switch (told.type()) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
            return link_is_news(made, told);
        case RTM_DELADDR: {
            const auto address = parse_address(told);
            return address && address->device == kLoopback;
        }
        case RTM_NEWNEIGH:
        case RTM_DELNEIGH:
            return neighbour_is_news(made, told);
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
            return route_is_news(made, told);
        case RTM_NEWNETCONF:
            return switch_is_news(made, told);
        default:
            return false;
    }
}

}  // namespace flatlan::tunnel
