#include "tunnel/direct/direct_state.hpp"

#include <algorithm>

#include "overlay/base/link_local.hpp"
#include "tunnel/consistency.hpp"

namespace flatlan::tunnel {
namespace {

constexpr IfIndex kLoopback{1};  // LOOPBACK_IFINDEX of the kernel

Error not_on_the_link(const TunnelNode& peer, const InterfaceAddress& own) {
    return Error{ErrorCode::unsupported, "node '" + peer.name.text() + "': its endpoint " +
                                             to_string(peer.endpoint) + " is not on the link of " +
                                             to_string(own.address) + "/" +
                                             std::to_string(own.length_bits)}
        .expecting("nodes that share a link, or another backend than direct");
}

/// IPv4 takes a next hop of either family, IPv6 only its own.
bool reaches_by_endpoint(const IpPrefix& block, const IpAddress& endpoint) {
    return block.family() == IpFamily::ipv4 || endpoint.is_ipv6();
}

/// Empty where the way passes all that the interface does.
std::optional<std::uint32_t> narrow_mtu(const TunnelWanted& wanted, const TunnelNode& peer) {
    const auto mtu = path_mtu(BackendKind::direct, wanted, peer);
    if (!mtu || mtu.value().value() == wanted.settings.underlay_mtu.value()) return std::nullopt;
    return mtu.value().value();
}

void add_peer(DirectState& state, const TunnelWanted& wanted, const TunnelNode& peer,
              IfIndex device) {
    const IpAddress by_mac = link_local_from(peer.mac);
    bool needs_mac = false;
    for (const IpPrefix& block : peer.blocks) {
        const bool by_endpoint = reaches_by_endpoint(block, peer.endpoint);
        needs_mac |= !by_endpoint;
        Route route{.destination = block,
                    .via = by_endpoint ? peer.endpoint : by_mac,
                    .device = device,
                    .preferred_source = wanted.self.overlay.find(block.family())};
        if (const auto mtu = narrow_mtu(wanted, peer)) route.mtu = *mtu;
        state.routes.push_back(route);
    }
    if (needs_mac)
        state.neighbours.push_back({.address = by_mac, .device = device, .mac = peer.mac});
}

}  // namespace

Result<InterfaceAddress> find_endpoint(const IpAddress& endpoint,
                                       std::span<const InterfaceAddress> addresses) {
    const auto found =
        std::find_if(addresses.begin(), addresses.end(),
                     [&](const InterfaceAddress& one) { return one.address == endpoint; });
    if (found == addresses.end())
        return Error{ErrorCode::unsupported,
                     "no interface has this node's endpoint " + to_string(endpoint)}
            .expecting("an endpoint that is an address of the interface on the shared link");
    return *found;
}

Result<DirectState> direct_state(const TunnelWanted& wanted, const InterfaceAddress& own) {
    FLATLAN_TRY_VOID(check_consistent(wanted));
    if (auto mtu = overlay_mtu(BackendKind::direct, wanted.settings.underlay_mtu,
                               own.address.family(), carries_ipv6(wanted.settings));
        !mtu)
        return std::move(mtu).error();
    const IpPrefix link = IpPrefix::containing(own.address, own.length_bits);
    DirectState state;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = wanted.self.overlay.find(family))
            state.addresses.push_back(
                {.address = *address, .length_bits = address_bits(family), .device = kLoopback});
    for (const TunnelNode& peer : wanted.nodes) {
        if (peer.name == wanted.self.name) continue;
        if (!link.contains(peer.endpoint)) return not_on_the_link(peer, own);
        add_peer(state, wanted, peer, own.device);
    }
    std::sort(state.routes.begin(), state.routes.end(),
              [](const Route& a, const Route& b) { return a.destination < b.destination; });
    std::sort(state.neighbours.begin(), state.neighbours.end(),
              [](const Neighbour& a, const Neighbour& b) { return a.address < b.address; });
    return state;
}

}  // namespace flatlan::tunnel
