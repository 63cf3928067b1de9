#include "tools/forward/lab_forward.hpp"

#include <algorithm>

#include "overlay/linux/interrupts.hpp"
#include "overlay/linux/rlimit.hpp"
#include "tools/forward/pod_door.hpp"

namespace flatlan::forward {
namespace {

/// Of a connection: both of its sockets.
constexpr std::uint64_t kFilesOfConnection = 2;
/// Of everything else: listeners, epoll, what finding a way into the pod opens for a moment.
constexpr std::uint64_t kFilesBeside = 64;

/// As many connections as this process may have files for.
Result<ForwarderLimits> limits_of_process(std::size_t listeners) {
    FLATLAN_TRY(files, raise_open_files_limit());
    const std::uint64_t beside = kFilesBeside + listeners;
    if (files < beside + kFilesOfConnection)
        return Error{ErrorCode::forbidden, std::to_string(files) + " open files are too few"}
            .expecting("a limit of " + std::to_string(beside + kFilesOfConnection) +
                       " at least ('ulimit -n')");
    ForwarderLimits limits;
    limits.connections_max =
        std::min<std::uint64_t>(limits.connections_max, (files - beside) / kFilesOfConnection);
    return limits;
}

}  // namespace

Result<void> forward_lab(const lab::LabEntry& lab, const ForwardWanted& wanted,
                         const ForwardListener& listener) {
    const Interrupts interrupts;
    // In this machine's own network, to which there is no way back from the lab.
    FLATLAN_TRY(listeners, open_listeners(wanted.addresses, wanted.ports));
    FLATLAN_TRY(limits, limits_of_process(listeners.size()));
    FLATLAN_TRY_VOID(lab::enter_lab(lab));
    const PodDoor door{lab, wanted.pod};
    FLATLAN_TRY(forwarder,
                Forwarder::open(
                    std::move(listeners),
                    [&](Port port, std::size_t number) { return door.find_way(port, number); },
                    listener.failed, limits));
    listener.started(forwarder.listeners());
    return forwarder.run(interrupts.waiting());
}

}  // namespace flatlan::forward
