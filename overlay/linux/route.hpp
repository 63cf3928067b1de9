#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan {

/// What becomes of a packet that matches (RTN_* of rtnetlink(7)).
enum class RouteType : std::uint8_t {
    unicast,      ///< goes on
    local,        ///< is for this namespace
    unreachable,  ///< is refused: the sender gets an ICMP error
    blackhole,    ///< vanishes
    other,        ///< of another kind; only read, never written
};

/// Who made a route (rtm_protocol).
class RouteProtocol {
public:
    explicit constexpr RouteProtocol(std::uint8_t value) : value_{value} {}
    constexpr std::uint8_t value() const { return value_; }
    friend constexpr auto operator<=>(RouteProtocol, RouteProtocol) = default;

private:
    std::uint8_t value_;
};

/// Marks every route of ours. Not given to anyone in iproute2's rt_protos.
inline constexpr RouteProtocol kFlatlanRoutes{0xf1};
/// The table in which the kernel looks when no rule says otherwise (RT_TABLE_MAIN).
inline constexpr std::uint32_t kMainTable = 254;
/// Of two routes to one prefix that with the lower metric is used; this one last.
inline constexpr std::uint32_t kLastMetric = 0xffff'ff00;

/// One route. What the kernel reads back of a route that was written compares equal to it.
struct Route {
    IpPrefix destination;
    RouteType type = RouteType::unicast;
    /// The next hop; an IPv6 one is allowed for an IPv4 destination (RFC 5549).
    std::optional<IpAddress> via{};
    std::optional<IfIndex> device{};
    /// The next hop is on the link whatever the device's addresses say.
    bool on_link = false;
    /// A next hop object (nexthop.hpp) in the place of `via`, `device` and `on_link`, which then
    /// say nothing: many routes of either family can share it.
    std::optional<NexthopId> nexthop{};
    /// The source of packets that this namespace itself sends; it must be one of its addresses.
    std::optional<IpAddress> preferred_source{};
    /// Zero: the family's own default (which IPv6 reads and writes as 1,024).
    std::uint32_t metric = 0;
    /// Path MTU in octets for what goes this way; zero: the device's.
    std::uint32_t mtu = 0;
    std::uint32_t table = kMainTable;
    RouteProtocol protocol = kFlatlanRoutes;

    friend bool operator==(const Route&, const Route&) = default;
};

/// "10.244.1.0/26 via 10.244.1.0 dev 4", near to iproute2's words.
std::string to_string(const Route& route);

/// Error already_exists when there is a route to the prefix with that metric.
void create_route(NetlinkBatch& batch, const Route& route);
Result<void> create_route(Netlink& netlink, const Route& route);
/// Takes the place of the route to the prefix with that metric, if there is one.
void replace_route(NetlinkBatch& batch, const Route& route, Tolerate tolerate = Tolerate::nothing);
Result<void> replace_route(Netlink& netlink, const Route& route);
/// Succeeds when it is gone. Every part of `route` that says something must fit.
void remove_route(NetlinkBatch& batch, const Route& route);
Result<void> remove_route(Netlink& netlink, const Route& route);

/// Which routes to read; what has no value does not matter.
struct RouteFilter {
    std::optional<IpFamily> family{};
    std::optional<std::uint32_t> table = kMainTable;
    std::optional<RouteProtocol> protocol{};
    std::optional<IfIndex> device{};
};
Result<std::vector<Route>> list_routes(Netlink& netlink, const RouteFilter& filter = {});

/// What a message of the kernel says; nothing for what is no route of IPv4 or IPv6, or only an
/// exception of one.
std::optional<Route> parse_route(const NetlinkMessageView& message);

}  // namespace flatlan
