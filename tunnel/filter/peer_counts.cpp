#include "tunnel/filter/peer_counts.hpp"

#include "tunnel/wire/drop_reason.hpp"
#include "tunnel/wire/ethernet.hpp"

namespace flatlan::tunnel {
namespace {

/// Around the Ethernet frame of a pod's packet, from the outer IP header on: UDP 8, VXLAN 8.
std::uint64_t around_frame(IpFamily outer) { return (outer == IpFamily::ipv4 ? 20 : 40) + 8 + 8; }

TrafficCount find(const TrafficByAddress& counts, const IpAddress& address) {
    const auto at = counts.find(address);
    return at == counts.end() ? TrafficCount{} : at->second;
}

/// From octets that count from the outer IP header on to those of inner Ethernet frames.
TrafficCount frames_inside(TrafficCount datagrams, IpFamily outer) {
    return {datagrams.packets, datagrams.octets - datagrams.packets * around_frame(outer)};
}

/// From octets that count from the IP header on.
TrafficCount frames_of(TrafficCount packets) {
    return {packets.packets, packets.octets + packets.packets * EthernetHeader::kSizeBytes};
}

std::optional<OverlayMtu> path_of(BackendKind kind, const TunnelWanted& wanted,
                                  const TunnelNode& peer) {
    const auto mtu = path_mtu(kind, wanted, peer);
    return mtu ? std::optional{mtu.value()} : std::nullopt;
}

template <typename Visit>
void for_each_peer(const TunnelWanted& wanted, Visit visit) {
    for (const TunnelNode& node : wanted.nodes)
        if (node.name != wanted.self.name) visit(node);
}

/// What the kernel alone knows of peers.
void add_uncounted(BackendKind kind, const TunnelWanted& wanted, TunnelFigures& figures) {
    for_each_peer(wanted, [&](const TunnelNode& peer) {
        figures.peers.push_back({.node = peer.name, .path_mtu = path_of(kind, wanted, peer)});
    });
}

}  // namespace

Result<void> add_vxlan_counts(const TunnelFilter& filter, const TunnelWanted& wanted,
                              TunnelFigures& figures) {
    if (!filter.counts_peers()) {
        add_uncounted(BackendKind::kernel, wanted, figures);
        return success();
    }
    const IpFamily outer = wanted.self.endpoint.family();
    FLATLAN_TRY(sent, filter.counts(kSentSet));
    FLATLAN_TRY(received, filter.counts(kReceivedSet));
    FLATLAN_TRY(foreign, filter.counts(kForeignSet));
    const std::string reason{to_string(DropReason::foreign_source)};
    for_each_peer(wanted, [&](const TunnelNode& peer) {
        PeerFigures of_peer{.node = peer.name,
                            .sent = frames_inside(find(sent, peer.endpoint), outer),
                            .received = frames_inside(find(received, peer.endpoint), outer),
                            .path_mtu = path_of(BackendKind::kernel, wanted, peer)};
        if (const auto dropped = find(foreign, peer.endpoint).packets; dropped > 0)
            of_peer.drops.push_back({reason, dropped});
        figures.peers.push_back(std::move(of_peer));
    });
    return success();
}

Result<void> add_direct_counts(const TunnelFilter& filter, const TunnelWanted& wanted,
                               TunnelFigures& figures) {
    if (!filter.counts_peers()) {
        add_uncounted(BackendKind::direct, wanted, figures);
        return success();
    }
    TrafficByAddress sent;
    TrafficByAddress received;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        for (const unsigned length : block_lengths(wanted, family)) {
            FLATLAN_TRY(out, filter.counts(counted_set(kSentSet, family, length)));
            FLATLAN_TRY(in, filter.counts(counted_set(kReceivedSet, family, length)));
            // Blocks are disjoint; what counts under another length is no block of that length.
            for_each_peer(wanted, [&](const TunnelNode& peer) {
                for (const IpPrefix& block : peer.blocks) {
                    if (block.family() != family || block.length_bits() != length) continue;
                    sent.insert_or_assign(block.address(), find(out, block.address()));
                    received.insert_or_assign(block.address(), find(in, block.address()));
                }
            });
        }
    for_each_peer(wanted, [&](const TunnelNode& peer) {
        TrafficCount out;
        TrafficCount in;
        for (const IpPrefix& block : peer.blocks) {
            out += find(sent, block.address());
            in += find(received, block.address());
        }
        figures.peers.push_back({.node = peer.name,
                                 .sent = frames_of(out),
                                 .received = frames_of(in),
                                 .path_mtu = path_of(BackendKind::direct, wanted, peer)});
    });
    return success();
}

}  // namespace flatlan::tunnel
