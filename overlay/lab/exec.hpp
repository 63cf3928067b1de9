#pragma once

#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/lab/lab_client.hpp"

namespace flatlan::lab {

/// Where a command is to run: in a pod, in a node, or in what connects the nodes. `path` is what
/// the API calls it: "/v1/pods/NAMESPACE/NAME", "/v1/nodes/NAME" or "/v1/underlay".
struct ExecTarget {
    std::string path;
    std::string container{};  ///< of the pod; empty: only its network, as for all others

    static ExecTarget of(const PodName& pod) {
        return {"/v1/pods/" + pod.pod_namespace() + "/" + pod.name()};
    }
    static ExecTarget of(const NodeName& node) { return {"/v1/nodes/" + node.text()}; }
    static ExecTarget underlay() { return {"/v1/underlay"}; }
};

/// Runs `command` (program first, looked for in PATH) in the target's network, UTS and IPC
/// namespaces and the lab's user, PID and mount namespaces, with this process's terminal,
/// environment and working directory, and a /sys of the target's own. Signals that come to this
/// process are passed on; when it is killed, the command is too. In a lab with a single user a
/// change of user does nothing (overlay/linux/single_user.hpp). In a container the command has the
/// container's file system, processes, environment, working directory and rights instead.
///
/// Returns the command's exit status, 128 + N when signal N ended it, 127 when there is no such
/// program, 126 when it cannot be executed (as POSIX shells do; the reason goes to standard error).
/// This process moves into the lab's namespaces for good and must have one thread.
Result<int> exec_in_lab(const LabEntry& lab, const ExecTarget& target,
                        const std::vector<std::string>& command);

}  // namespace flatlan::lab
