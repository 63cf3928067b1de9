#pragma once

#include <optional>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"
#include "overlay/linux/link.hpp"

namespace flatlan::doctor {

/// Asks on the link of the interface who else has this node's own address, by an ARP probe as of
/// RFC 5227, section 2.1.1, whose sender has no address: nobody learns anything wrong from it.
/// Returns the MAC address that answered, or nothing once `limit` is over. Needs CAP_NET_RAW.
/// A host answers by each of its interfaces for every address it has, so those in `own` do not
/// count.
Result<std::optional<MacAddress>> find_other_owner(const Link& link, Ipv4Address address,
                                                   const std::vector<MacAddress>& own,
                                                   Duration limit);

}  // namespace flatlan::doctor
