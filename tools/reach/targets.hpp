#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/probe/member.hpp"

/// The reachability test: who takes part, what is tried, and how the outcome is told.
namespace flatlan::reach {

/// Who takes part, and the network namespace of each; one without a namespace has vanished.
struct Targets {
    std::string lab;  ///< empty where it is none
    std::vector<probe::Member> members;
    std::vector<std::optional<Namespace>> networks;
    /// Nodes route for their pods, and nobody between nodes handles the pods' packets: so it is
    /// known how often a packet is forwarded.
    bool nodes_route = false;
    /// The process that carries packets between nodes, where one does.
    std::optional<pid_t> carrier{};

    std::size_t pods() const;
    std::size_t nodes() const;
};

/// The pods and nodes of a lab. Raises the limit of open files as far as it goes, and moves this
/// process into the lab's user namespace: it must have one thread.
Result<Targets> targets_of_lab(const lab::LabEntry& lab, const lab::LabStatus& status);

/// Network namespaces that anyone made (ip netns, a container runtime, /proc/PID/ns/net), with the
/// first address of global scope of each family that is found inside. Where nothing is at a path it
/// has vanished, with addresses that nobody knows (the unspecified ones) of the others' families.
/// Errors: invalid_argument for a path that is no network namespace or has no such address, or when
/// all have vanished; forbidden without the right to enter; exhausted with too many of them.
/// Raises the limit of open files as far as it goes. Moves the process into the user namespace of
/// the first that it may not enter from where it is (a rootless container's, say): it must have one
/// thread.
Result<Targets> targets_of_paths(std::span<const std::string> paths);

}  // namespace flatlan::reach
