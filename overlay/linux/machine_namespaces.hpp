#pragma once

#include <vector>

#include "ipam/live_namespaces.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan {

/// Every network namespace of this machine but the caller's own, each once: those in which a
/// process is, of which a process holds a descriptor, and those that are mounted (`ip netns add`).
/// One that nothing but a socket keeps is not found.
///
/// Errors: forbidden when a process may not be looked at (root without CAP_SYS_PTRACE, or without
/// CAP_DAC_READ_SEARCH where other users have processes); an ordinary user is not told of other
/// users' processes and need not be, since those cannot be in his namespaces.
Result<std::vector<Namespace>> find_network_namespaces();

/// The global addresses in a network namespace, in the kernel's order.
Result<std::vector<ipam::LiveAddress>> live_addresses_in(const Namespace& network);

/// The look at this machine by which leases are judged: it finds all namespaces, whoever made them.
class MachineNamespaces final : public ipam::LiveNamespaces {
public:
    Result<std::vector<ipam::LiveAddress>> addresses() override;
};

}  // namespace flatlan
