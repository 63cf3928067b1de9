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

/// Whether the interface leaves the checksums of what it sends and receives to others; off means
/// that each is made and checked where the packet is handled.
Result<void> switch_checksum_offload(const Namespace& network, const InterfaceName& interface,
                                     bool on);

}  // namespace flatlan
