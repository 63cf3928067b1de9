#pragma once

#include <string_view>

#include "overlay/base/ip_prefix.hpp"

namespace flatlan {

/// Addresses that mean something else than a host, whatever a network is made of (IANA's
/// registries of special-purpose addresses).
struct ReservedRange {
    std::string_view prefix;
    std::string_view use;  ///< "loopback"
};

/// The first of these ranges that has an address in common with `prefix`; null when none has.
const ReservedRange* find_reserved(const IpPrefix& prefix);
/// What would be right in its place: "a range for hosts, such as 10.244.0.0/16".
std::string_view range_for_hosts(IpFamily family);

}  // namespace flatlan
