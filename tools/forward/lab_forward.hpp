#pragma once

#include <functional>
#include <span>
#include <vector>

#include "overlay/lab/lab_client.hpp"
#include "tools/forward/listener.hpp"

namespace flatlan::forward {

/// What a person asked for.
struct ForwardWanted {
    PodName pod;
    std::vector<PortPair> ports;
    std::vector<IpAddress> addresses{};  ///< of this machine; none: its loopback
};

/// What is told of a forwarding under way.
struct ForwardListener {
    /// All of them listen; once.
    std::function<void(std::span<const Listener>)> started;
    /// A connection could not be made; the others go on.
    std::function<void(Port pod_port, const Error& why)> failed;
};

/// Forwards until SIGINT or SIGTERM, which end it in order. Moves this process into the lab's user
/// namespace: it must have one thread. Errors: those of open_listeners, forbidden.
Result<void> forward_lab(const lab::LabEntry& lab, const ForwardWanted& wanted,
                         const ForwardListener& listener);

}  // namespace flatlan::forward
