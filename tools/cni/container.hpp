#pragma once

#include <optional>
#include <string>

#include "ipam/lease.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"
#include "tools/cni/configuration.hpp"

/// The kernel's side of an attachment: a container's namespace and the pair that leads into it.
namespace flatlan::cni {

/// Marks the node's ends of all pods' pairs, so that they are known for ours (`ip link show group
/// 61879`).
inline constexpr LinkGroup kPodLinks{0xf1b7};

/// The name of the node's end: made of the key, so that it is found again without any record.
InterfaceName node_end_of(const ipam::LeaseKey& key);

/// The namespace of CNI_NETNS. Error invalid_namespace when the path is none of a network
/// namespace, or is the node's own.
Outcome<Namespace> open_container(const std::string& path, const Namespace& node);

/// What stands in the way of a new interface, or beside it.
struct ContainerLook {
    bool has_interface = false;     ///< one of the wanted name
    std::uint32_t free_metric = 0;  ///< for routes that shall not meet others
};
Result<ContainerLook> look_into(Netlink& container, const InterfaceName& interface);

/// How far ADD got with a pair: the last thing that it makes is the node's routes.
enum class PairState : std::uint8_t { none, unfinished, finished };
Result<PairState> state_of_pair(Netlink& node, const InterfaceName& node_end);

/// Takes out of a container what only stood there because of our interfaces, when none is left.
Result<void> remove_leftover_routes(const Namespace& container);

}  // namespace flatlan::cni
