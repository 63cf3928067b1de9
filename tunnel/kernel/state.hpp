#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/vxlan_settings.hpp"

/// What the kernel holds of one node's tunnel, as plain values: read from it, wanted of it, and
/// compared. No kernel number of a device stands in them, so they outlive the device.
///
/// Every table is sorted by its key; a key stands once in what is wanted, and may stand several
/// times in what was read. An entry that carries something which we never set (another
/// scope, a lifetime, a port of its own) is `altered`: it equals no wanted entry and is put right.
namespace flatlan::tunnel {

/// The tunnel's device: one VXLAN device without flooding and without learning.
struct VxlanDevice {
    InterfaceName name{"flat0"};
    VxlanSettings settings;  ///< `local` is this node's endpoint
    OverlayMtu mtu{OverlayMtu::kMin};
    MacAddress mac;
    bool up = true;
    bool makes_link_local = false;  ///< the kernel gives it an fe80:: address, which nobody needs
    friend bool operator==(const VxlanDevice&, const VxlanDevice&) = default;
};

/// An address of the node itself on the flat network, /32 or /128: the preferred source of its
/// routes. It is on `lo`, where it outlasts the tunnel's device.
struct TunnelAddress {
    IpPrefix address;
    bool altered = false;

    const IpPrefix& key() const { return address; }
    friend bool operator==(const TunnelAddress&, const TunnelAddress&) = default;
};

/// Which endpoint stands behind a MAC address.
struct TunnelFdbEntry {
    MacAddress mac;
    IpAddress endpoint;
    bool altered = false;

    const MacAddress& key() const { return mac; }
    friend bool operator==(const TunnelFdbEntry&, const TunnelFdbEntry&) = default;
};

/// Which MAC address stands behind a peer's gateway address.
struct TunnelNeighbour {
    IpAddress gateway;
    MacAddress mac;
    bool altered = false;

    const IpAddress& key() const { return gateway; }
    friend bool operator==(const TunnelNeighbour&, const TunnelNeighbour&) = default;
};

/// A next hop that all routes of a peer share, of both families (ip-nexthop(8)).
struct TunnelNexthop {
    NexthopId id{};
    IpAddress gateway;
    bool altered = false;

    NexthopId key() const { return id; }
    friend bool operator==(const TunnelNexthop&, const TunnelNexthop&) = default;
};

/// Leads to a block of a peer.
struct TunnelRoute {
    IpPrefix prefix;
    std::uint32_t metric = 0;           ///< as of a Route: 0 is the family's default
    NexthopId nexthop{};                ///< 0 for a route that someone made without an object
    std::optional<IpAddress> source{};  ///< of packets that the node itself sends: its own address
    std::optional<OverlayMtu> mtu{};    ///< where the way passes less than the device
    bool altered = false;
    bool elsewhere = false;  ///< by another device than the tunnel's, or by none

    auto key() const { return std::tie(prefix, metric); }
    friend bool operator==(const TunnelRoute&, const TunnelRoute&) = default;
};

/// A switch under /proc/sys that the tunnel needs in a certain position.
struct TunnelSysctl {
    std::string name;  ///< below /proc/sys, as "net/ipv4/ip_forward"
    int value = 0;

    const std::string& key() const { return name; }
    friend bool operator==(const TunnelSysctl&, const TunnelSysctl&) = default;
};

/// All of it but the device, in the order in which additions happen.
struct KernelTables {
    std::vector<TunnelSysctl> sysctls;
    std::vector<TunnelAddress> addresses;
    std::vector<TunnelFdbEntry> fdb;
    std::vector<TunnelNeighbour> neighbours;
    std::vector<TunnelNexthop> nexthops;
    std::vector<TunnelRoute> routes;
    friend bool operator==(const KernelTables&, const KernelTables&) = default;
};

/// All of a node's tunnel that is in the kernel: what is wanted or what was read.
struct KernelTunnelState {
    std::optional<VxlanDevice> device;
    KernelTables tables;
    friend bool operator==(const KernelTunnelState&, const KernelTunnelState&) = default;
};

}  // namespace flatlan::tunnel
