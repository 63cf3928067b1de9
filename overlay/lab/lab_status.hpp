#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/names.hpp"
#include "overlay/base/network_values.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::lab {

/// Kubernetes' words for the phase of a pod; nodes and labs use them too.
enum class Phase : std::uint8_t { pending, running, succeeded, failed, terminating };

/// "Pending", "Running", "Succeeded", "Failed", "Terminating".
std::string_view to_string(Phase phase);

/// The program that a node of a lab runs by itself, with Agents::process.
struct DaemonStatus {
    std::string program{};
    int pid = 0;          ///< in the lab's PID namespace; 0: it does not run
    std::string ended{};  ///< how it ended and what it said last; empty while it runs
};

/// What a node of a lab looks like.
struct NodeStatus {
    NodeName name;
    Phase state = Phase::pending;
    IpAddresses underlay{};
    IpAddresses overlay{};
    std::vector<IpPrefix> blocks{};
    tunnel::BackendKind backend = tunnel::BackendKind::kernel;
    /// How many routes, neighbours, addresses and so on of its tunnel somebody had changed and were
    /// put right.
    std::uint64_t repairs = 0;
    std::vector<tunnel::PathMtu>
        narrow_paths{};  ///< ways that pass less than the underlay promises
    std::optional<tunnel::TunnelFigures> tunnel{};  ///< none where they could not be read
    std::optional<DaemonStatus> daemon{};           ///< none where the supervisor does its part
    int netns_fd =
        -1;  ///< number of the supervisor's descriptor of the network namespace; -1: none
    std::uint64_t netns_inode = 0;
};

/// What the node of etcd looks like.
struct RegistryStatus {
    NodeName name;
    Phase state = Phase::pending;
    IpAddresses underlay{};
    std::string url{};
    DaemonStatus daemon{};
};

/// What a container of a pod looks like; a bare pod has none.
struct ContainerStatus {
    std::string name;
    std::string state;  ///< "Waiting", "Running", "Terminated"
    std::uint64_t restarts = 0;
    bool init = false;
    bool ready = false;
    std::string reason{};            ///< why it does not run: "CrashLoopBackOff", "Completed"
    std::string message{};           ///< what there is to say of its last end
    std::optional<int> exit_code{};  ///< of its last run that ended
    std::string last_reason{};       ///< why that ended: "Error", "OOMKilled", "StartError"
};

/// What a pod of a lab looks like.
struct PodStatus {
    PodName name;
    NodeName node;
    Phase state = Phase::pending;
    IpAddresses ips{};
    int netns_fd = -1;  ///< as in NodeStatus
    std::uint64_t netns_inode = 0;
    std::vector<ContainerStatus> containers{};
};

/// What a lab looks like at one moment: the answer of GET /v1/lab.
struct LabStatus {
    LabName lab;
    Phase state = Phase::pending;
    std::vector<NodeStatus> nodes{};
    std::vector<PodStatus> pods{};
    Vni vni{1};
    Port tunnel_port = kVxlanPort;
    bool upkeep = true;    ///< tunnels are put right whatever somebody does to them
    int underlay_fd = -1;  ///< as in NodeStatus, of what connects the nodes
    std::optional<RegistryStatus> registry{};  ///< with Agents::process
    /// What the lab's file asks for and this machine does not do, a sentence each.
    std::vector<std::string> notes{};
};

/// What `ls` says of a lab. It is read of any version's answer: a lab must be found, and ended, by
/// a program that is newer or older than its supervisor.
struct LabSummary {
    Phase state = Phase::pending;
    std::size_t nodes = 0;
    std::size_t pods = 0;
};

/// The JSON of `ps` (tools/cli/schema/ps.json), with the descriptors' numbers beside it in
/// `netns_fd`.
std::string to_json(const LabStatus& status);
/// Error corrupt when the text is not what to_json makes.
Result<LabStatus> lab_status_from_json(std::string_view text);
/// Of the same text, as far as every version says it. Error corrupt.
Result<LabSummary> lab_summary_from_json(std::string_view text);

}  // namespace flatlan::lab
