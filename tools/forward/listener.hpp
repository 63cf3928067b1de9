#pragma once

#include <span>
#include <vector>

#include "overlay/linux/unique_fd.hpp"
#include "tools/forward/port_pair.hpp"

namespace flatlan::forward {

/// A socket that listens on this machine, not blocking, and where its connections go.
struct Listener {
    UniqueFd socket;
    Endpoint at;
    Port pod_port;
};

/// Listens in the calling thread's network namespace at each address for each pair; where the
/// kernel chooses the port, at one port of all addresses. No address: 127.0.0.1, and ::1 on a
/// machine that has it. Errors, with what would be right: conflict (a port is in use), forbidden
/// (one that only root may take), invalid_argument (an address that is not this machine's).
Result<std::vector<Listener>> open_listeners(std::span<const IpAddress> addresses,
                                             std::span<const PortPair> pairs);

}  // namespace flatlan::forward
