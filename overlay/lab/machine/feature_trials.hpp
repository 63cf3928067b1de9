#pragma once

#include "overlay/lab/machine/trial.hpp"

namespace flatlan::lab {

/// What the kernel let this user make, each in namespaces that are gone by now.
struct FeatureTrials {
    Trial user_namespace{};  ///< not done where it is not needed
    Trial namespaces{};      ///< network, mount, PID, IPC and UTS at once; the rest needs them
    Trial veth{};
    Trial bridge{};
    Trial vxlan{};
    Trial ipv6{};
    Trial nftables{};
    Trial netem{};
    Trial tun{};
};

/// Tries them in a child process. `with_rights`: this process needs no user namespace for it.
FeatureTrials try_features(bool with_rights);

}  // namespace flatlan::lab
