#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan::pod {

/// Puts back the node's routes to its pods, as attach_sandbox makes them: with the node's own
/// address, which is the source that they prefer, the kernel takes those of IPv4 away
/// (fib_sync_down_addr) and leaves those of IPv6 without a source. `addresses` has each pod's by
/// the key of its lease, which the alias of the node's end begins with (LinkAlias). A pod whose
/// link is gone or down gets none. Says how many it made or changed.
Result<std::size_t> ensure_pod_routes(const Namespace& node, const IpAddresses& overlay,
                                      const std::map<std::string, IpAddresses>& addresses);

}  // namespace flatlan::pod
