#include "overlay/linux/route.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace flatlan {
namespace {

/// What IPv6 makes of metric 0 (IP6_RT_PRIO_USER in linux/ipv6_route.h).
constexpr std::uint32_t kIpv6DefaultMetric = 1024;

std::uint8_t kernel_type(RouteType type) {
    switch (type) {
        case RouteType::unicast:
            return RTN_UNICAST;
        case RouteType::local:
            return RTN_LOCAL;
        case RouteType::unreachable:
            return RTN_UNREACHABLE;
        case RouteType::blackhole:
            return RTN_BLACKHOLE;
        case RouteType::other:
            break;
    }
    return RTN_UNSPEC;
}

RouteType from_kernel_type(std::uint8_t type) {
    for (const auto known :
         {RouteType::unicast, RouteType::local, RouteType::unreachable, RouteType::blackhole})
        if (kernel_type(known) == type) return known;
    return RouteType::other;
}

/// How far the destination is. IPv4 wants it to fit: nothing lies between this host and a
/// destination without a next hop. IPv6 ignores it.
std::uint8_t scope_of(const Route& route) {
    if (route.type == RouteType::local) return RT_SCOPE_HOST;
    if (route.type == RouteType::unicast && !route.via && !route.nexthop) return RT_SCOPE_LINK;
    return RT_SCOPE_UNIVERSE;
}

void put_next_hop(NetlinkMessage& message, IpFamily family, const IpAddress& via) {
    if (via.family() == family) return message.put_address(RTA_GATEWAY, via);
    // struct rtvia: the family as a 16-bit word, then the address.
    const std::uint16_t via_family = address_family(via.family());
    std::array<std::byte, sizeof(rtvia) + Ipv6Address::kSizeBytes> hop{};
    static_assert(sizeof(rtvia) == sizeof via_family);
    std::memcpy(hop.data(), &via_family, sizeof via_family);
    const auto octets = via.ipv6().octets();
    std::copy(octets.begin(), octets.end(), hop.begin() + sizeof via_family);
    message.put(RTA_VIA, hop);
}

/// For a removal `exact` is false: then what the route leaves out does not matter.
NetlinkMessage message_of(std::uint16_t type, std::uint16_t flags, const Route& route,
                          bool exact = true) {
    rtmsg header{};
    header.rtm_family = address_family(route.destination.family());
    header.rtm_dst_len = static_cast<std::uint8_t>(route.destination.length_bits());
    if (route.table < 256) header.rtm_table = static_cast<std::uint8_t>(route.table);
    header.rtm_protocol = route.protocol.value();
    header.rtm_scope = exact ? scope_of(route) : std::uint8_t{RT_SCOPE_NOWHERE};
    header.rtm_type = kernel_type(route.type);
    if (route.on_link) header.rtm_flags = RTNH_F_ONLINK;

    NetlinkMessage message{type, flags, header};
    message.put_address(RTA_DST, route.destination.address());
    if (route.table >= 256) message.put_u32(RTA_TABLE, route.table);
    if (route.via) put_next_hop(message, route.destination.family(), *route.via);
    if (route.device) message.put_u32(RTA_OIF, static_cast<std::uint32_t>(route.device->value()));
    if (route.nexthop) message.put_u32(RTA_NH_ID, route.nexthop->value());
    if (route.preferred_source) message.put_address(RTA_PREFSRC, *route.preferred_source);
    if (route.metric != 0) message.put_u32(RTA_PRIORITY, route.metric);
    // Of a new IPv4 route along a next hop object that names no metrics, Linux 6.18 takes over
    // those of any other one along it (fib_find_info_nh): so a zero is said.
    const bool says_zero =
        type == RTM_NEWROUTE && route.nexthop && route.destination.family() == IpFamily::ipv4;
    if (route.mtu != 0 || says_zero)
        message.put_nested(RTA_METRICS, [&] { message.put_u32(RTAX_MTU, route.mtu); });
    return message;
}

std::optional<IpAddress> next_hop_of(const NetlinkAttributes& attributes) {
    if (auto gateway = attributes.address(RTA_GATEWAY)) return gateway;
    const auto via = attributes.find(RTA_VIA);
    if (!via || via->size() < sizeof(rtvia) + Ipv6Address::kSizeBytes) return std::nullopt;
    std::array<std::byte, Ipv6Address::kSizeBytes> octets{};
    const auto address = via->subspan(sizeof(rtvia), octets.size());
    std::copy(address.begin(), address.end(), octets.begin());
    return Ipv6Address::from_octets(octets);
}

std::string describe(const NetlinkMessageView& request) {
    const auto route = parse_route(request);
    return std::string{request.type() == RTM_NEWROUTE ? "add route " : "delete route "} +
           (route ? to_string(*route) : "");
}

/// What the kernel has not left out by itself. The device of a next hop object it alone knows, and
/// since it has those objects it filters by device.
bool fits(const Route& route, const RouteFilter& filter) {
    return (!filter.table || route.table == *filter.table) &&
           (!filter.protocol || route.protocol == *filter.protocol) &&
           (!filter.device || route.nexthop || route.device == filter.device);
}

}  // namespace

std::optional<Route> parse_route(const NetlinkMessageView& message) {
    const auto header = message.header<rtmsg>();
    if (!header || (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
        return std::nullopt;
    if ((header->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;  // an exception, not a route
    const bool is_ipv4 = header->rtm_family == AF_INET;
    const IpAddress any = is_ipv4 ? IpAddress{Ipv4Address{}} : IpAddress{Ipv6Address{}};
    if (header->rtm_dst_len > address_bits(any.family())) return std::nullopt;
    const auto attributes = message.attributes<rtmsg>();

    Route route{.destination = IpPrefix::containing(attributes.address(RTA_DST).value_or(any),
                                                    header->rtm_dst_len),
                .type = from_kernel_type(header->rtm_type)};
    if (const auto nexthop = attributes.u32(RTA_NH_ID)) {
        route.nexthop = NexthopId{*nexthop};
    } else {
        route.via = next_hop_of(attributes);
        if (const auto device = attributes.u32(RTA_OIF); device && *device != 0)
            route.device = IfIndex{static_cast<int>(*device)};
        route.on_link = (header->rtm_flags & RTNH_F_ONLINK) != 0;
    }
    route.preferred_source = attributes.address(RTA_PREFSRC);
    route.metric = attributes.u32(RTA_PRIORITY).value_or(0);
    if (!is_ipv4 && route.metric == kIpv6DefaultMetric) route.metric = 0;
    route.mtu = attributes.nested(RTA_METRICS).u32(RTAX_MTU).value_or(0);
    route.table = attributes.u32(RTA_TABLE).value_or(header->rtm_table);
    route.protocol = RouteProtocol{header->rtm_protocol};
    return route;
}

std::string to_string(const Route& route) {
    std::string text;
    if (route.type == RouteType::local) text += "local ";
    if (route.type == RouteType::unreachable) text += "unreachable ";
    if (route.type == RouteType::blackhole) text += "blackhole ";
    text += to_string(route.destination);
    if (route.via) text += " via " + to_string(*route.via);
    if (route.device) text += " dev " + std::to_string(route.device->value());
    if (route.on_link) text += " onlink";
    if (route.nexthop) text += " nhid " + std::to_string(route.nexthop->value());
    if (route.preferred_source) text += " src " + to_string(*route.preferred_source);
    if (route.metric != 0) text += " metric " + std::to_string(route.metric);
    if (route.mtu != 0) text += " mtu " + std::to_string(route.mtu);
    if (route.table != kMainTable) text += " table " + std::to_string(route.table);
    return text;
}

void create_route(NetlinkBatch& batch, const Route& route) {
    batch.append(message_of(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route), describe);
}

void replace_route(NetlinkBatch& batch, const Route& route, Tolerate tolerate) {
    batch.append(message_of(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route), describe, tolerate);
}

void remove_route(NetlinkBatch& batch, const Route& route) {
    batch.append(message_of(RTM_DELROUTE, 0, route, false), describe, Tolerate::missing);
}

Result<void> create_route(Netlink& netlink, const Route& route) {
    return execute_appended(netlink, [&](auto& batch) { create_route(batch, route); });
}

Result<void> replace_route(Netlink& netlink, const Route& route) {
    return execute_appended(netlink, [&](auto& batch) { replace_route(batch, route); });
}

Result<void> remove_route(Netlink& netlink, const Route& route) {
    return execute_appended(netlink, [&](auto& batch) { remove_route(batch, route); });
}

Result<std::vector<Route>> list_routes(Netlink& netlink, const RouteFilter& filter) {
    std::vector<Route> routes;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        if (filter.family && *filter.family != family) continue;
        // The kernel leaves out most of what does not fit; older ones ignore the filter's parts.
        rtmsg header{};
        header.rtm_family = address_family(family);
        if (filter.protocol) header.rtm_protocol = filter.protocol->value();
        NetlinkMessage request{RTM_GETROUTE, 0, header};
        if (filter.table) request.put_u32(RTA_TABLE, *filter.table);
        if (filter.device)
            request.put_u32(RTA_OIF, static_cast<std::uint32_t>(filter.device->value()));
        auto found = netlink.dump(request, "list routes", [&](const auto& message) {
            auto route = parse_route(message);
            if (route && !fits(*route, filter)) route.reset();
            return route;
        });
        // A table comes into being with its first route.
        if (!found && found.error().system_errno() == ENOENT) continue;
        if (!found) return std::move(found).error();
        routes.insert(routes.end(), found.value().begin(), found.value().end());
    }
    return routes;
}

}  // namespace flatlan
