#pragma once

#include <string>
#include <vector>

#include "overlay/pod/lifecycle/pod_template.hpp"

namespace flatlan::pod {

/// A mount of an OCI bundle, as the specification has it (config.md, "Mounts").
struct OciMount {
    std::string destination;
    std::string type;
    std::string source;
    std::vector<std::string> options;
};

/// Paths of the namespaces that a container joins; an empty one is made for it alone.
struct JoinedNamespaces {
    std::string network, uts, ipc, pid;
};

/// Everything about a container that its runtime must know.
struct OciContainer {
    std::string root;              ///< path of its root file system
    std::vector<OciMount> mounts;  ///< in order, besides those that every container has
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  ///< "NAME=VALUE"
    std::string working_dir;
    JoinedNamespaces namespaces;
    ResourceLimits limits;
    std::uint32_t uid = 0, gid = 0;  ///< of its first process
    std::string cgroup{};      ///< path in each hierarchy; empty: none, and limits are not enforced
    bool single_user = false;  ///< uid 0 is all there is: a change of user does nothing
    std::string sys{};  ///< where the machine forbids a /sys of one's own, the folder that it sees
};

/// How many processes a container may have: by cgroup where there is one, which counts threads too;
/// else whoever has more is found and ended (ProcessCount). Until then RLIMIT_NPROC holds, which
/// counts all containers of an ordinary user's lab together.
inline constexpr std::uint64_t kContainerPidsMax = 1024;
inline constexpr std::uint64_t kLabPidsMax = 4096;

/// The bundle's config.json (OCI runtime specification 1.0.2): the capabilities, masked paths and
/// devices that container engines give by default.
std::string oci_config(const OciContainer& container);

}  // namespace flatlan::pod
