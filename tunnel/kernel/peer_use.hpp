#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/time.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan::tunnel {

/// Tells to which peers a namespace's VXLAN device `flat0` sends, from what the kernel has written
/// down beside each forwarding entry. Whoever made the device; with a socket of its own.
class PeerUse {
public:
    static Result<PeerUse> open(const Namespace& network);

    /// The endpoints to which something was sent since the last call, or up to a second before it;
    /// in the 30 s before the first one. While the device sends nothing this reads no more than its
    /// counters.
    Result<std::vector<IpAddress>> poll(Instant now);

private:
    explicit PeerUse(Netlink netlink) : netlink_{std::move(netlink)} {}

    Netlink netlink_;
    std::uint64_t sent_ = 0;  ///< what the device had sent, or tried to, at the last call
    std::optional<Instant> polled_at_;
};

}  // namespace flatlan::tunnel
