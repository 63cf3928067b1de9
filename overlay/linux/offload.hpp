#pragma once

#include <string>
#include <vector>

#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan {

/// What of the work on packets an interface takes over from the protocols, by the names of
/// ethtool(8): "rx-checksumming", "tx-checksumming", "tcp-segmentation-offload",
/// "generic-segmentation-offload", "generic-receive-offload". Those that are on, in this order.
Result<std::vector<std::string>> offloads_in_use(const Namespace& network,
                                                 const InterfaceName& interface);

enum class ChecksumOffload : bool { receive, transmit };

/// Whether the interface leaves the checksums of what it sends, or receives, to others; off means
/// that each is made, or checked, where the packet is handled.
Result<void> switch_checksum_offload(const Namespace& network, const InterfaceName& interface,
                                     ChecksumOffload which, bool on);
/// The same for both.
Result<void> switch_checksum_offload(const Namespace& network, const InterfaceName& interface,
                                     bool on);

}  // namespace flatlan
