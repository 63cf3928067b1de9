#pragma once

#include <map>

#include "overlay/base/mac_address.hpp"
#include "overlay/lab/underlay.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan::lab {

/// An underlay that is one link: a network namespace with a bridge, to which each node has a cable.
/// Every node has every other one as a permanent neighbour, so nobody asks and nothing is flooded.
class BridgedUnderlay final : public Underlay {
public:
    /// The kernel's bridge takes 1,023 ports (BR_MAX_PORTS).
    static constexpr std::size_t kNodesMax = 1000;

    /// Makes the bridge.
    static Result<BridgedUnderlay> create(const LabSpec& spec);

    /// The MAC address of a node's `eth0` is that of its tunnel's end (tunnel::endpoint_mac), by
    /// which the backend `direct` finds it.
    Result<std::vector<Namespace>> attach(std::span<const PlannedNode> nodes,
                                          std::size_t first_port) override;
    const Namespace& network() const override { return hub_; }
    Result<void> detach(std::size_t port) override;
    Result<void> detach_all() override;

private:
    struct Member {
        Namespace network;
        IpAddresses addresses;
        MacAddress mac;
    };

    BridgedUnderlay(Namespace hub, std::vector<IpPrefix> cidrs, UnderlayMtu mtu, Vni vni)
        : hub_{std::move(hub)}, cidrs_{std::move(cidrs)}, mtu_{mtu}, vni_{vni} {}

    Result<void> connect(std::span<const PlannedNode> nodes, std::size_t first_port);
    /// Sets up the node's end, and tells it and those before it of each other.
    Result<void> configure(const Member& member);
    Result<void> introduce(std::size_t first_port);

    Namespace hub_;
    std::vector<IpPrefix> cidrs_;
    UnderlayMtu mtu_;
    Vni vni_;
    std::map<std::size_t, Member> members_;  ///< by port
};

}  // namespace flatlan::lab
