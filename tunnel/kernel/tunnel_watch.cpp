#include "tunnel/kernel/tunnel_watch.hpp"

#include <linux/rtnetlink.h>

#include <array>

#include "overlay/base/check.hpp"

namespace flatlan::tunnel {
namespace {

/// All that can change about a tunnel. Of switches, the two kinds are told that are named by
/// NETCONFA_*; that IPv6 is switched off for the device shows in its neighbours, which go.
constexpr std::array<unsigned, 9> kGroups{
    RTNLGRP_LINK,        RTNLGRP_NEIGH,        RTNLGRP_IPV4_IFADDR,
    RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,   RTNLGRP_IPV6_ROUTE,
    RTNLGRP_NEXTHOP,     RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF};

}  // namespace

Result<void> TunnelWatch::start(const Namespace& network, const Netlink& own) {
    if (is_started()) return success();
    FLATLAN_TRY(events, NetlinkEvents::open_in(network, kGroups));
    FLATLAN_TRY_VOID(events.leave_out(own));
    events_.emplace(std::move(events));
    return success();
}

void TunnelWatch::expect(ExpectedTunnel tunnel) {
    FLATLAN_CHECK(tunnel.state.device.has_value());
    expected_ = std::make_unique<const ExpectedTunnel>(std::move(tunnel));
}

Result<void> TunnelWatch::read() {
    if (!events_) return success();
    FLATLAN_TRY(complete, events_->drain([&](const NetlinkMessageView& told) {
        if (expected_ && contradicts(*expected_, told)) expected_.reset();
    }));
    if (!complete) forget();
    return success();
}

}  // namespace flatlan::tunnel
