#pragma once

#include <optional>
#include <string>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/netlink_events.hpp"
#include "overlay/linux/wait_set.hpp"
#include "tunnel/backend.hpp"
#include "tunnel/direct/direct_state.hpp"
#include "tunnel/filter/tunnel_filter.hpp"

namespace flatlan::tunnel {

/// Carries packets as they are: each block of a peer is routed to the peer's underlay address, on
/// the link that all nodes share. It has no device of its own and takes nothing off the MTU.
///
/// It refuses (unsupported) when a peer's endpoint is not on the link of this node's. IPv6 blocks
/// over an IPv4 underlay go to the peer's MAC address, so there `TunnelNode::mac` must be that of
/// its interface on the underlay.
class DirectBackend final : public Backend {
public:
    /// Works on the namespace whatever the caller does afterwards. Needs CAP_NET_ADMIN over it.
    static Result<DirectBackend> open(const Namespace& network);

    BackendKind kind() const override { return BackendKind::direct; }
    /// The interface on the underlay; before the first `apply` "eth0".
    InterfaceName device() const override { return device_; }
    Result<TunnelChange> apply(const TunnelWanted& wanted) override;
    Result<void> remove() override;
    Result<int> watch() override;
    void unwatch() override;
    Result<bool> is_untouched() override;
    /// Of the interface on the underlay, with all else that passes it; by peer what goes to or
    /// comes from its blocks.
    Result<TunnelFigures> figures(const std::optional<TunnelWanted>& peers) override;

private:
    DirectBackend(Namespace network, Netlink netlink, TunnelFilter filter)
        : network_{std::move(network)}, netlink_{std::move(netlink)}, filter_{std::move(filter)} {}

    Result<TunnelChange> make(const DirectState& want);

    Namespace network_;
    Netlink netlink_;
    std::optional<NetlinkEvents> events_{};
    TunnelFilter filter_;
    std::optional<WaitSet> waits_{};  ///< for what either tells, once it is listened to
    std::string uncounted_{};         ///< why peers are not counted
    InterfaceName device_{"eth0"};
    std::optional<IfIndex> index_;  ///< of the device; none until `apply` and after `remove`
    /// Whether the last `apply` succeeded and the kernel has told of nothing since.
    bool as_wanted_ = false;
};

}  // namespace flatlan::tunnel
