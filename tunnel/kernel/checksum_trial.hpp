#pragma once

#include <optional>

#include "overlay/linux/namespace.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::tunnel {

/// Between whom it is tried: addresses on the flat network of this node and of a peer.
struct ChecksumWay {
    IpAddress from;
    IpAddress to;
    OverlayMtu mtu;
};

/// To the next node by name, so that each node of a cluster is asked by one other: a kernel limits
/// what it answers (net.ipv4.icmp_ratelimit). After `unanswered` trials, to the one that many
/// further on. Nothing where there is no other node.
std::optional<ChecksumWay> way_to_try(const TunnelWanted& wanted, std::uint32_t unanswered);

/// Whether checksums survive the way through a tunnel's device, found out with real packets:
/// whether offloads can be trusted depends on the device, on the one under it and on all that is on
/// the way to the peer, and on no version number.
///
/// It sends UDP datagrams to a port of the peer on which nobody listens: the peer's kernel says so
/// by ICMP, if the checksum holds (RFC 1122, section 4.1.3). A small one leaves its checksum to the
/// device; one that has to be fragmented does not. Of those the second alone is answered where
/// sending corrupts, and neither where receiving does. So each offload of the device is switched
/// off on trial, and stays off where that helps and switching it on again does not do as well.
class ChecksumTrial final : public OffloadTrial {
public:
    ChecksumTrial(std::uint64_t device, std::uint32_t number, Namespace network, InterfaceName name,
                  const ChecksumWay& way)
        : OffloadTrial{device, number}, network_{std::move(network)}, name_{name}, way_{way} {}

    Result<OffloadVerdict> run(int stop) override;

private:
    /// Whether the peer said that nobody listens.
    Result<bool> is_answered(std::size_t octets, int stop) const;

    Namespace network_;
    InterfaceName name_;
    ChecksumWay way_;
};

}  // namespace flatlan::tunnel
