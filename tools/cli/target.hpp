#pragma once

#include <string>
#include <string_view>

#include "overlay/lab/exec.hpp"
#include "overlay/lab/lab_status.hpp"

namespace flatlan::cli {

/// A pod or node that a person named: `[NAMESPACE/]POD`, `node/NAME`, or an address of either on
/// the flat network; or `underlay`, what connects the nodes. ("node/" always means a node; a pod of
/// a namespace `node`, or of the name `underlay`, is reached by address.)
struct Target {
    const lab::PodStatus* pod = nullptr;  ///< one of the two at most; both belong to the status
    const lab::NodeStatus* node = nullptr;
    bool underlay = false;                          ///< it is neither
    const lab::RegistryStatus* registry = nullptr;  ///< it is the node of etcd

    lab::ExecTarget exec_target() const;
    /// "default/web", "node/n1" or "underlay", as tests, traces, captures and faults name places.
    std::string place() const;
    /// On the flat network, which the underlay and the node of etcd have none of.
    IpAddresses addresses() const;
};

/// Error invalid_argument when there is none: the nearest names are expected.
Result<Target> find_target(const lab::LabStatus& status, std::string_view text);

/// A pod or node on the flat network: not the underlay, nor the node of etcd, which has no address
/// there. Errors as `find_target`.
Result<Target> find_member(const lab::LabStatus& status, std::string_view text);

/// A node of the lab by its name, with or without "node/" before it. Error invalid_argument when
/// there is none: the nearest names are expected.
Result<NodeName> find_node(const lab::LabStatus& status, std::string_view text);

/// A pod of the lab, by its name or address. Error invalid_argument when there is none, or when it
/// is a node or the underlay; what would be right is expected.
Result<PodName> find_pod(const lab::LabStatus& status, std::string_view text);

/// Those of all pods, as people read them.
std::vector<std::string> pod_names(const lab::LabStatus& status);

/// Every name that `find_target` takes, pods first, addresses left out.
std::vector<std::string> target_names(const lab::LabStatus& status);

}  // namespace flatlan::cli
