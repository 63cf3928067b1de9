#pragma once

#include <cstdint>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/base/network_values.hpp"

/// The tunnel's endpoint as a machine without I/O: packets and the time go in, actions come out.
namespace flatlan::tunnel {

/// A peer's place in an engine's table of peers; it stays while the peer's endpoint does.
enum class PeerId : std::uint32_t {};

/// Another node, as an endpoint of the tunnel has to know it.
struct Peer {
    IpAddress endpoint;            ///< underlay address: where to send to, and where it sends from
    MacAddress mac;                ///< destination of the inner frames for it
    std::vector<IpPrefix> blocks;  ///< whose addresses are that node's, and no other's
    OverlayMtu mtu;                ///< the largest inner IP packet that the way to it passes
    friend bool operator==(const Peer&, const Peer&) = default;
};

}  // namespace flatlan::tunnel
