#pragma once

#include <string>
#include <vector>

#include "overlay/pod/container/pod_launch.hpp"

namespace flatlan::pod {

/// A pod's /etc/hosts: its own name first, as Kubernetes writes it, then every pod of the lab: by
/// its name in its own namespace, and by NAME.NAMESPACE everywhere.
///
/// Names of pods are found by this file and not by a name server, because it needs none: no port of
/// a node or pod is taken, no traffic is on the network that is being looked at, and every program
/// that looks up a name can read it. It costs one line for each pod and family.
std::string hosts_file(const PodLaunch& pod, const std::vector<HostsEntry>& lab);

}  // namespace flatlan::pod
