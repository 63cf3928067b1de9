#pragma once

#include <cstdint>
#include <optional>

#include "overlay/base/network_values.hpp"

namespace flatlan {

/// What makes one VXLAN device differ from another. Fixed for all of ours: nothing is learnt from
/// traffic, ECN and DSCP are copied from the inner header (RFC 6040, RFC 2983), and the outer IPv4
/// header forbids fragments (RFC 7348, section 4.3).
struct VxlanSettings {
    Vni vni{1};
    Port port = kVxlanPort;
    IpAddress local = Ipv4Address{};  ///< this end's underlay address; unspecified: any
    std::uint8_t ttl = 64;            ///< hop limit of the outer header; 0: the kernel's default
    /// UDP checksum over the outer datagram. Off, RFC 7348 wants it zero over IPv4, and RFC 6935
    /// allows it over IPv6; both kinds are taken from others.
    bool udp_checksum = false;
    /// As read from a device that someone else made or changed; ours always have these.
    bool learning = false;
    bool inherits_tos = true;
    bool forbids_fragments = true;

    friend bool operator==(const VxlanSettings&, const VxlanSettings&) = default;
};

}  // namespace flatlan
