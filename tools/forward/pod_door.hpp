#pragma once

#include "overlay/lab/lab_client.hpp"
#include "overlay/linux/namespace.hpp"
#include "tools/forward/forwarder.hpp"

namespace flatlan::forward {

/// Opens sockets inside a pod, of the network namespace that the pod has at that moment: a pod that
/// was made anew is found again. The calling thread has entered the lab (lab::enter_lab); it is in
/// the pod for as long as a socket takes to open.
class PodDoor {
public:
    PodDoor(lab::LabEntry lab, PodName pod) : lab_{std::move(lab)}, pod_{std::move(pod)} {}

    /// A FindWay: 127.0.0.1 first, as `kubectl port-forward` has it, so that a server that listens
    /// there alone is reached; then the other addresses that the pod has, ::1 before them. Errors:
    /// not_found (no such pod now), unavailable (the lab has ended), timed_out, forbidden.
    Result<std::optional<Way>> find_way(Port port, std::size_t number) const;

private:
    Result<Namespace> open_network() const;

    lab::LabEntry lab_;
    PodName pod_;
};

}  // namespace flatlan::forward
