#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/base/names.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"
#include "tunnel/offload_trial.hpp"

/// The port behind which packets are carried between nodes, and the values that it speaks.
namespace flatlan::tunnel {

/// A way to carry packets (overlay/README.md, glossary: backend).
enum class BackendKind : std::uint8_t { kernel, user, direct };

/// "kernel", "user" or "direct", as in the lab file.
std::string_view to_string(BackendKind kind);
/// Error invalid_argument for any other word.
Result<BackendKind> backend_from_text(std::string_view text);

/// What one node must know of a node to send to its pods and to judge what comes from it.
struct TunnelNode {
    NodeName name;
    IpAddress endpoint;   ///< underlay address of the node's end of the tunnel
    MacAddress mac;       ///< of the node's tunnel device; unique in the cluster
    IpAddresses overlay;  ///< the node's own addresses on the flat network; they lie in `blocks`
    std::vector<IpPrefix>
        blocks;  ///< whose addresses are this node's; disjoint from every other node's
    friend bool operator==(const TunnelNode&, const TunnelNode&) = default;
};

/// Whether a packet filter drops what a peer may not send, where the backend itself cannot tell:
/// from an endpoint that no node has, or with an inner source that is not the sender's (`kernel`).
/// `user` always checks; `direct` has nothing to look at but routes.
enum class SenderCheck : bool { off, on };

/// Whether a packet filter counts what goes to each peer and comes from it, where the backend
/// itself cannot tell (`kernel`, `direct`); `user` always counts. Where senders are checked there
/// is a filter anyway, and it counts.
enum class PeerCounts : bool { off, on };

/// What all nodes of a cluster have in common.
struct TunnelSettings {
    Vni vni{1};
    Port port = kVxlanPort;                  ///< UDP port of every endpoint
    UnderlayMtu underlay_mtu{1500};          ///< of the interface under the tunnel
    std::vector<IpPrefix> cluster_prefixes;  ///< every pod and node address lies in one of them
    SenderCheck sender_check = SenderCheck::off;
    PeerCounts peer_counts = PeerCounts::on;
    friend bool operator==(const TunnelSettings&, const TunnelSettings&) = default;
};

/// What probes found of the way to one node: it passes less than the settings say.
struct PathMtu {
    NodeName node;
    UnderlayMtu mtu;
    friend bool operator==(const PathMtu&, const PathMtu&) = default;
};

/// The whole of what one node's tunnel must be. A view: all of it belongs to the caller for the
/// call.
struct TunnelWanted {
    const TunnelSettings& settings;
    const TunnelNode& self;
    std::span<const TunnelNode>
        nodes;  ///< all nodes of the cluster; `self` may be among them and is skipped
    std::span<const PathMtu> narrow_paths = {};  ///< of this node; empty where none is known
};

/// What an `apply` did to the kernel, as counts of operations; all zero when nothing differed.
struct TunnelChange {
    std::uint64_t added = 0;
    std::uint64_t replaced = 0;
    std::uint64_t removed = 0;
    bool empty() const { return added + replaced + removed == 0; }
};

/// How much went one way: packets, and the octets of their Ethernet frames as a device counts them.
struct TrafficCount {
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;
    TrafficCount& operator+=(const TrafficCount& other) {
        packets += other.packets;
        octets += other.octets;
        return *this;
    }
    friend bool operator==(const TrafficCount&, const TrafficCount&) = default;
};

/// Packets that were not passed on, and why, in the backend's own words.
struct DropCount {
    std::string reason;
    std::uint64_t packets = 0;
    friend bool operator==(const DropCount&, const DropCount&) = default;
};

/// What went to one peer and came from it.
struct PeerFigures {
    NodeName node;
    std::optional<TrafficCount> sent{};      ///< empty: nobody counts
    std::optional<TrafficCount> received{};  ///< like `sent`
    std::vector<DropCount>
        drops{};  ///< of what came from it or was to go there; reasons that occurred
    /// The largest IP packet of a pod that gets there whole, as its routes say.
    std::optional<OverlayMtu> path_mtu{};
    friend bool operator==(const PeerFigures&, const PeerFigures&) = default;
};

/// What a tunnel has done since its device was made, as far as its backend can tell. Where the
/// kernel carries packets, a large one that is yet to be cut counts once.
struct TunnelFigures {
    TrafficCount sent{};
    TrafficCount received{};
    std::vector<DropCount> drops{};       ///< every reason that it counts, at zero too
    std::vector<std::string> offloads{};  ///< in use, by their names in ethtool(8)
    std::vector<PeerFigures> peers{};     ///< those that were asked for
    /// What is not as it might be and why, one sentence each: offloads that had to be switched off,
    /// peers that cannot be counted.
    std::vector<std::string> notes{};
    friend bool operator==(const TunnelFigures&, const TunnelFigures&) = default;
};

/// The MAC address of a node's end of the tunnel. It depends on the node's name and the VNI alone,
/// so a node that comes back has the address that its peers know, whatever its backend, and no two
/// VNIs share one. (A kernel VXLAN device drops frames whose source is its own address.)
///
/// 46 bits are a node's own: among 5,000 nodes two share an address once in 5.6 million clusters;
/// the control plane refuses the second by name.
MacAddress endpoint_mac(const NodeName& node, Vni vni);

/// The largest inner IP packet, in octets, that crosses the tunnel in one piece.
///
/// `underlay` is the MTU of the interface under the tunnel: it counts the outer IP header and
/// leaves out the outer Ethernet header. Taken off are the outer IP header (20 octets, or 40 for
/// IPv6, without options), UDP 8, VXLAN 8 and the inner Ethernet header 14: 50 or 70 in all. So
/// 1500 gives 1450 over IPv4 and 1430 over IPv6. `direct` encapsulates nothing and takes nothing
/// off.
///
/// It must not be exceeded: an endpoint may not fragment (RFC 7348, section 4.3).
///
/// Error invalid_argument when less would remain than a link must pass: 1280 octets where the
/// cluster carries IPv6 (`carries_ipv6`; RFC 8200, section 5), 68 otherwise (RFC 791, section 3.2).
Result<OverlayMtu> overlay_mtu(BackendKind kind, UnderlayMtu underlay, IpFamily outer,
                               bool carries_ipv6);

/// Whether the cluster has IPv6 addresses.
bool carries_ipv6(const TunnelSettings& settings);

/// The largest IP packet of a pod that gets to `peer` in one piece: overlay_mtu(), or less where
/// the way there is narrow. But never less than a link must pass: a way that passes less is broken,
/// and the routes stay as wide as they have to be. Error: that of overlay_mtu().
Result<OverlayMtu> path_mtu(BackendKind kind, const TunnelWanted& wanted, const TunnelNode& peer);

/// One node's tunnel. A backend belongs to the network namespace in which it was made and keeps
/// nothing that the kernel does not have: a new one of the same namespace adopts what it finds.
class Backend {
public:
    virtual ~Backend() = default;

    virtual BackendKind kind() const = 0;

    /// The device that leads into the tunnel; block routes of other nodes point at it.
    virtual InterfaceName device() const = 0;

    /// Makes the tunnel as wanted: compares with what is there, applies the difference in an order
    /// in which no packet to a node that stays is lost, and says what it changed. Called again
    /// after each change of the cluster. Errors: invalid_argument for a wanted state that
    /// contradicts itself (two nodes with one endpoint, MAC or block: nothing is changed),
    /// forbidden, or the kernel's own.
    virtual Result<TunnelChange> apply(const TunnelWanted& wanted) = 0;

    /// Takes the tunnel away; succeeds when it is gone already.
    virtual Result<void> remove() = 0;

    /// Begins to listen to what the kernel tells of changes; a second call changes nothing. The
    /// descriptor is readable (poll(2)) while something was told that may concern the tunnel, and
    /// open as long as the backend; -1 for one that nobody need watch.
    ///
    /// Of what others do between the last `apply` and this call nobody learns: where they can do
    /// anything, call it before the first `apply`. Where many tunnels are made on one machine, call
    /// it after the last: for each thing that it tells, the kernel goes through all who listen, in
    /// whatever namespace.
    virtual Result<int> watch() { return -1; }
    /// Ends that, and closes the descriptor: for a tunnel that is to go with many others.
    virtual void unwatch() {}

    /// Whether the tunnel is still what the last `apply` made, as far as the kernel has told since
    /// `watch`; what it told is read by this. False: somebody changed it and no `apply` has
    /// succeeded since, or nobody can know; `apply` puts it right.
    virtual Result<bool> is_untouched() { return true; }

    /// A trial of the offloads in use, to be run when the peers' tunnels are there and given back
    /// with its verdict, one after the other; nothing where there is none to make, or no peer to
    /// make it with. `wanted` as of the last `apply`.
    virtual Result<std::unique_ptr<OffloadTrial>> next_trial(const TunnelWanted& wanted) {
        static_cast<void>(wanted);
        return std::unique_ptr<OffloadTrial>{};
    }
    /// Takes in what a trial found, also when another device has taken the place of the one that
    /// was tried; `figures` says of it.
    virtual Result<void> end_trial(const OffloadTrial& trial, const OffloadVerdict& verdict) {
        static_cast<void>(trial);
        static_cast<void>(verdict);
        return success();
    }

    /// What the tunnel has done so far; all zero where there is none.
    /// Peer by peer only where `peers` has the wanted state of the last `apply`: each costs.
    virtual Result<TunnelFigures> figures(const std::optional<TunnelWanted>& peers) {
        static_cast<void>(peers);
        return TunnelFigures{};
    }
};

}  // namespace flatlan::tunnel
