#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/route.hpp"

namespace flatlan {

/// A packet of which the kernel is asked where it would send it.
struct RouteQuestion {
    IpAddress destination;
    std::optional<IpAddress> source{};
    /// By which it came in; none: this namespace sends it itself.
    std::optional<IfIndex> input{};
};

/// What the kernel would do with it, policy rules, caches and filters by source included.
struct RouteDecision {
    /// Why it would be dropped, as an errno: ENETUNREACH or EHOSTUNREACH (no route, or one that
    /// refuses), EACCES (a `prohibit` route or rule), EINVAL (a `blackhole`, or the source was
    /// refused), EXDEV (the source was refused); 0 when it goes on.
    int refused_errno = 0;
    bool local = false;  ///< it is for this namespace
    std::optional<IfIndex> device{};
    std::optional<IpAddress> via{};  ///< an IPv6 next hop is possible for IPv4
    std::optional<IpAddress> preferred_source{};
    std::uint32_t mtu = 0;  ///< of the route; 0: the device's
    std::uint32_t table = kMainTable;

    friend bool operator==(const RouteDecision&, const RouteDecision&) = default;
};

/// RTM_GETROUTE: the kernel's own lookup, not ours. A refusal is an answer, not an Error.
Result<RouteDecision> look_up_route(Netlink& netlink, const RouteQuestion& question);

/// One rule of policy routing (ip-rule(8)).
struct PolicyRule {
    IpFamily family = IpFamily::ipv4;
    std::uint32_t priority = 0;  ///< lower ones are asked first
    std::uint32_t table = 0;     ///< in which it looks; 0 for one that refuses
    friend bool operator==(const PolicyRule&, const PolicyRule&) = default;
};

/// All rules of the namespace, those that every namespace has (local, main, default) included.
Result<std::vector<PolicyRule>> list_policy_rules(Netlink& netlink);

}  // namespace flatlan
