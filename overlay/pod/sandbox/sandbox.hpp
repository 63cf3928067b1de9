#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"

/// A pod's network: a namespace that is routed to, not bridged. A veth pair leads from the node to
/// the pod's one interface; both ends know each other's MAC address beforehand, so nobody asks, no
/// broadcast exists, and the kernel-wide table of learnt neighbours stays empty.
namespace flatlan::pod {

/// The next hop of every pod, on its own link; no interface has these addresses, the neighbour
/// entries that lead to the node's end of the pair are all there is of them.
inline constexpr Ipv4Address kGatewayIpv4{0xa9fe'0101};  // 169.254.1.1
inline constexpr Ipv6Address kGatewayIpv6 =
    Ipv6Address::from_halves(0xfe80ULL << 48U, 1);  // fe80::1

/// What the pods of one node have in common. A view: all of it belongs to the caller.
struct SandboxNode {
    const Namespace& network;  ///< the node's; prepared by prepare_node
    IpAddresses overlay;       ///< the node's own; what it sends to its pods comes from there
    std::span<const IpPrefix> cluster_prefixes;
    LinkMtu mtu;      ///< of both ends: the overlay's, or the underlay's for a node
    LinkGroup group;  ///< of the node's ends of all pods, so that they can go at once
};

/// One pod's network.
struct SandboxSpec {
    std::string name;        ///< for people; unique in the cluster
    InterfaceName node_end;  ///< unique in the node's namespace
    IpAddresses addresses;   ///< of either family or both
    InterfaceName pod_end{"eth0"};
    std::optional<MacAddress> wanted_mac{};  ///< of the pod's end, instead of `pod_mac`'s own
    /// Of the routes in the pod; greater than zero for a further interface of one pod, whose routes
    /// lead to the same prefixes.
    std::uint32_t route_metric = 0;
    /// The key of the lease that holds the addresses, as alias of the pod's end: by it they are
    /// given back to their holder when the database of leases is lost. Left out when it is longer
    /// than an alias may be.
    std::string lease_key{};
    std::string alias{};  ///< of the node's end; empty: its name

    /// Made of the name: the same pod has the same addresses on its link, always.
    MacAddress node_mac() const;
    MacAddress pod_mac() const;
};

/// Owns a pod's network namespace, and with it one descriptor. When the last owner is gone, so is
/// the namespace, a moment later, with both ends of the pair.
struct Sandbox {
    Namespace network;
};

/// Makes the namespaces and the links of all these pods of one node and returns them in the order
/// of `specs`; packets pass when it returns. On failure nothing is left, and the error names the
/// step and the kernel's words.
Result<std::vector<Sandbox>> create_sandboxes(const SandboxNode& node,
                                              std::span<const SandboxSpec> specs);
Result<Sandbox> create_sandbox(const SandboxNode& node, const SandboxSpec& spec);

/// A network namespace that someone else made (a CNI runtime), and the sockets through which it is
/// linked. A view, like SandboxNode.
struct SandboxSite {
    const Namespace& network;
    Netlink& inside;   ///< of that namespace
    Netlink& outside;  ///< of the node's
};

/// Links such a namespace. On failure it is left as it was. Error already_exists when it has an
/// interface of the name `pod_end`.
Result<void> attach_sandbox(const SandboxNode& node, const SandboxSpec& spec,
                            const SandboxSite& site);
/// Takes out of the namespace what attach_sandbox put there; succeeds when it is gone.
Result<void> detach_sandbox(const SandboxNode& node, const SandboxSpec& spec, Netlink& inside);

/// Removes the links of these pods from the node, all in one transaction of the kernel; succeeds
/// for those that are gone.
Result<void> remove_sandbox_links(const Namespace& node, std::span<const InterfaceName> node_ends);
/// Removes the links of all pods of the node. For pods whose namespaces outlive them; where the
/// namespaces go too, giving those up is enough, and quicker.
Result<void> remove_all_sandbox_links(const Namespace& node, LinkGroup group);

}  // namespace flatlan::pod
