#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/mac_address.hpp"
#include "overlay/lab/machine/feature_trials.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/route_lookup.hpp"
#include "overlay/node/published/node_file.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::doctor {

/// A chain that ends the way of pods' packets, as far as its text says.
struct ClosedChain {
    std::string family;  ///< "ip", "ip6", "inet" or "netdev"
    std::string table;
    std::string chain;
    std::string why;     ///< "policy drop", or the rule
    bool wholly = true;  ///< else it drops some of them only, or perhaps
    friend bool operator==(const ClosedChain&, const ClosedChain&) = default;
};

/// What nftables lets through; iptables' rules are among them where it is built on nftables.
struct FilterFacts {
    std::string unreadable{};                ///< why nothing could be read; empty: it was
    std::vector<ClosedChain> forward{};      ///< for packets from pod to pod
    std::vector<ClosedChain> input{};        ///< for the tunnel's datagrams that arrive
    std::vector<ClosedChain> output{};       ///< for those that leave
    std::vector<ClosedChain> translating{};  ///< give packets from pod to pod other addresses
    bool docker = false;                     ///< there is a chain DOCKER-USER
    bool legacy = false;  ///< the older iptables has tables too, which nft does not show
};

/// Another node as this one's tables have it, and where the kernel would send what is for it.
struct PeerFacts {
    IpAddress endpoint;
    RouteDecision route;
};

/// The interface on which the other nodes are.
struct UnderlayFacts {
    Link link;
    IpAddress address;
    std::optional<Port> port{};  ///< at which the tunnel's datagrams arrive; none: there are none
    /// Who answered when asked for this node's own address; none: nobody, as it should be.
    std::optional<MacAddress> other_owner{};
    std::string not_asked{};  ///< why nobody was asked; empty: it was done
};

/// What was seen on a host, not yet judged.
struct NodeFacts {
    bool is_of(tunnel::BackendKind kind) const {
        return node && node->backend == tunnel::to_string(kind);
    }

    std::optional<node::NodeFile> node{};
    std::string no_node{};  ///< why there is no node file

    std::vector<Link> own_links{};  ///< flat0 and the node's ends of pods' cables
    std::optional<Link> tunnel{};   ///< flat0: a VXLAN device, or what the backend `user` made
    std::optional<UnderlayFacts> underlay{};
    /// The address among the other nodes that this one tells of and no interface has.
    std::optional<IpAddress> lost_address{};
    std::vector<PeerFacts> peers{};

    FilterFacts filters{};
    std::map<std::string, std::string, std::less<>> sysctls{};  ///< those that exist, by path
    /// Names of own links that a manager of networks has taken over: "flat0 (systemd-networkd)".
    std::vector<std::string> managed{};
    bool networkd = false;  ///< systemd-networkd runs here
    bool network_manager = false;

    lab::FeatureTrials features{};

    /// Packets that the kernel refused for their source (IPReversePathFilter) or a wrong checksum.
    std::uint64_t refused_by_source = 0;
    std::uint64_t wrong_checksums = 0;
    std::uint64_t wrong_checksums_now = 0;  ///< those among them that came while this looked

    bool clock_synchronized = false;
    std::int64_t seconds_since_1970 = 0;
};

}  // namespace flatlan::doctor
