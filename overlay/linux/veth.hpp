#pragma once

#include <string>

#include "overlay/linux/link.hpp"

namespace flatlan {

/// One end of a pair.
struct VethEnd {
    InterfaceName name;
    MacAddress mac;
    LinkGroup group{};
    /// Where it is made; none: in the namespace to which the request goes.
    const Namespace* network = nullptr;
};

/// Two interfaces, each of which receives what the other sends.
struct VethSpec {
    VethEnd near;
    VethEnd far;
    LinkMtu mtu{1500};
};

/// Makes the pair, both ends down (the kernel refuses a pair that is made up). One request;
/// already_exists when either name is taken.
void create_veth(NetlinkBatch& batch, const VethSpec& spec);
Result<void> create_veth(Netlink& netlink, const VethSpec& spec);

}  // namespace flatlan
