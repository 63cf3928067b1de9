#pragma once

#include <cstdint>
#include <optional>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan {

/// A rule of policy routing to be made (ip-rule(8)); those that are there are read by
/// list_policy_rules (route_lookup.hpp).
struct PolicyRuleSpec {
    IpPrefix destination;
    std::uint32_t priority;  ///< lower ones are asked first; the kernel's own begin at 32,766
    /// In which it looks; none: it prohibits, and the sender gets an ICMP error.
    std::optional<std::uint32_t> table{};
    bool own_packets = false;  ///< only what the namespace itself sends, not what it forwards
};

/// Error already_exists when there is such a rule.
Result<void> create_policy_rule(Netlink& netlink, const PolicyRuleSpec& rule);
/// Succeeds when it is gone.
Result<void> remove_policy_rule(Netlink& netlink, const PolicyRuleSpec& rule);

}  // namespace flatlan
