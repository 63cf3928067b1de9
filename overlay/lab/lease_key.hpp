#pragma once

#include <string_view>

#include "ipam/block_claim.hpp"
#include "ipam/lease.hpp"

namespace flatlan::lab {

/// The network of CNI's words, one for all pods of a lab.
inline constexpr std::string_view kNetworkName = "flatlan";
/// A lab's node has no disk that it could lose.
inline constexpr ipam::Incarnation kOnlyIncarnation{1};

/// Under which a pod of a lab holds its addresses: "flatlan/NAMESPACE.NAME/eth0". A CNI container
/// id has no slash; neither part of a pod's name has a dot.
inline Result<ipam::LeaseKey> lease_key(const PodName& pod) {
    return ipam::LeaseKey::from(kNetworkName, pod.pod_namespace() + "." + pod.name(), "eth0");
}

}  // namespace flatlan::lab
