#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan::daemon {

/// Where this node meets the others.
struct Underlay {
    InterfaceName interface;
    IpAddress address;
    LinkMtu mtu;
    std::optional<MacAddress> mac;
    bool alone = false;  ///< as UnderlayCandidate
    std::string reason;  ///< why this one, for people: "the way to 192.0.2.7"
};

/// An address that other nodes might reach.
struct UnderlayCandidate {
    InterfaceName interface;
    IpAddress address;
    bool alone = false;  ///< without a subnet, as a /32 or /128
};

/// What a person says of the underlay, and what helps to find it.
struct UnderlayWish {
    std::optional<InterfaceName> interface {};
    std::optional<IpAddress> address{};
    std::vector<std::string> registry_hosts{};  ///< names or addresses
    /// Of these, loopback has the node's own address on the flat network, which is no underlay's.
    std::vector<IpPrefix> pod_prefixes{};
};

/// What a person said, and what the machine knows.
struct UnderlayQuestion {
    std::optional<InterfaceName> interface {};
    std::optional<IpAddress> address{};
    std::vector<UnderlayCandidate> candidates;  ///< every global address of the machine
    /// The registry's members, as far as they are addresses: who reaches them reaches the nodes.
    std::vector<IpAddress> towards;
    /// The source that the routes choose for a packet to there; empty where no route leads.
    std::function<std::optional<IpAddress>(const IpAddress&)> source_to;
};

/// What was chosen, and why.
struct UnderlayAnswer {
    UnderlayCandidate chosen;
    std::string reason;
};

/// Chooses: what was said, else the way to the registry, else the default route, else the only
/// address there is; of an interface with both families IPv4. Errors, which name the flags:
/// not_found for what was said and is not there, invalid_argument when nothing speaks for one.
Result<UnderlayAnswer> choose_underlay(const UnderlayQuestion& question);

/// With which address a node goes on whose underlay was `before`: with none while the machine has
/// that one, else with another one of its family on its interface. One without a subnet is mostly a
/// service's, which moves from node to node: it follows only one of its kind, as clouds and DHCPv6
/// give. Error not_found, which names what is lost and what would help; also when a person has
/// `told` the address.
Result<std::optional<UnderlayCandidate>> choose_successor(
    const Underlay& before, bool told, const std::vector<UnderlayCandidate>& candidates);

/// Asks the machine and chooses.
Result<Underlay> find_underlay(const Namespace& network, const UnderlayWish& wish);

/// Asks the machine, and chooses what follows an underlay that was found by that wish.
Result<std::optional<UnderlayCandidate>> find_successor(const Namespace& network,
                                                        const Underlay& before,
                                                        const UnderlayWish& wish);

}  // namespace flatlan::daemon
