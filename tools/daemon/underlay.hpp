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
    std::string reason;  ///< why this one, for people: "the way to 192.0.2.7"
};

/// An address that other nodes might reach.
struct UnderlayCandidate {
    InterfaceName interface;
    IpAddress address;
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

/// Asks the machine and chooses. Of `pod_prefixes` loopback has the node's own address on the flat
/// network, which is no underlay's.
Result<Underlay> find_underlay(const Namespace& network,
                               const std::optional<InterfaceName>& interface,
                               const std::optional<IpAddress>& address,
                               const std::vector<std::string>& registry_hosts,
                               const std::vector<IpPrefix>& pod_prefixes);

}  // namespace flatlan::daemon
