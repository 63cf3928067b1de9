#pragma once

#include <string>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/names.hpp"
#include "overlay/pod/lifecycle/pod_machine.hpp"

namespace flatlan::pod {

/// This process's descriptors of the namespaces that all containers of a pod share; they stay its
/// owner's.
struct SandboxNamespaces {
    int network = -1;
    int uts = -1;
    int ipc = -1;
};

/// A pod whose sandbox is there and whose containers are to run.
struct PodLaunch {
    PodName name;
    PodTemplate contents;
    std::string node;
    IpAddresses addresses;       ///< the pod's
    IpAddresses host_addresses;  ///< the node's, on the underlay
    SandboxNamespaces sandbox;
};

/// A container as `ps` shows it.
struct ContainerView {
    std::string name;
    bool init = false;
    ContainerState state{};
    pid_t pid = 0;  ///< of its first process, in this process's PID namespace; 0: it does not run
};

/// The containers of a pod.
struct PodView {
    PodPhase phase = PodPhase::pending;
    bool stopping = false;
    std::vector<ContainerView> containers;  ///< init containers first
};

/// Where a command is run that joins a container: what it finds there, and what holds it.
struct ContainerEntry {
    pid_t pid = 0;  ///< as ContainerView::pid; never 0
    std::vector<std::string> environment;
    std::string working_dir;
    std::uint32_t uid = 0, gid = 0;
    std::string cgroup{};  ///< path in each hierarchy; empty: none
};

/// A name of the lab for the hosts files of its pods.
struct HostsEntry {
    PodName pod;
    IpAddresses addresses;
};

/// Where containers are made, and how.
struct ContainerPlaces {
    std::string folder;           ///< an empty folder; a file system in memory is mounted on it
    std::string logs_folder;      ///< LOGS/NAMESPACE_POD/CONTAINER/RUN.log
    std::string cgroup;           ///< as root, a path that is ours in each hierarchy of cgroups
    std::string cgroup_note{};    ///< a file that names it while there may be such groups
    bool user_namespace = false;  ///< it is an ordinary user's lab
    bool single_user = false;     ///< uid 0 is all there is
};

}  // namespace flatlan::pod
