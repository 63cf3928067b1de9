#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "overlay/base/network_values.hpp"
#include "overlay/linux/netlink.hpp"

/// Where the other ends of interfaces are: the kernel says in which namespace, by numbers that each
/// namespace has for others (RTM_GETNSID).
namespace flatlan {

/// The other end of an interface that is one of a pair.
struct LinkPeer {
    IfIndex index;  ///< its number there
    /// By which number this namespace knows the other one; none: it is in this one.
    std::optional<std::int32_t> network{};
};

/// Of all interfaces of the namespace that have one, by their own numbers.
Result<std::map<IfIndex, LinkPeer>> list_link_peers(Netlink& netlink);

/// By which number the namespace of `netlink` knows `other`; nothing when it has none for it, and
/// so no interface that leads there.
Result<std::optional<std::int32_t>> find_network_id(Netlink& netlink, const Namespace& other);

}  // namespace flatlan
