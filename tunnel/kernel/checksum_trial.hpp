#pragma once

#include <optional>
#include <string>

#include "overlay/linux/namespace.hpp"
#include "tunnel/backend.hpp"

/// Whether checksums survive the way through a tunnel's device, found out with real packets:
/// whether offloads can be trusted depends on the device, on the one under it and on all that is on
/// the way to the peer, and on no version number.
namespace flatlan::tunnel {

/// Between whom it is tried: addresses on the flat network of this node and of a peer.
struct ChecksumWay {
    IpAddress from;
    IpAddress to;
    OverlayMtu mtu;
};

/// To the next node by name, so that each node of a cluster is asked by one other: a kernel limits
/// what it answers (net.ipv4.icmp_ratelimit). Nothing where there is no other node.
std::optional<ChecksumWay> way_to_try(const TunnelWanted& wanted);

/// What is left of the offloads.
struct ChecksumVerdict {
    /// The peer answered once: there is nothing more to try.
    bool known = false;
    /// What had to be switched off and why, one sentence; empty: nothing.
    std::string note{};
};

/// Sends UDP datagrams to a port of the peer on which nobody listens: the peer's kernel says so by
/// ICMP, if the checksum holds (RFC 1122, section 4.1.3). A small one leaves its checksum to the
/// device; one that has to be fragmented does not. Of those the second alone is answered where
/// sending corrupts, and neither where receiving does. So each offload of `device` is switched off
/// on trial, and stays off where that helps and switching it on again does not do as well.
///
/// Takes one round trip where all is well, up to two seconds where nobody answers.
Result<ChecksumVerdict> try_checksums(const Namespace& network, const InterfaceName& device,
                                      const ChecksumWay& way);

}  // namespace flatlan::tunnel
