#include "overlay/lab/open_files.hpp"

#include "overlay/lab/backends.hpp"
#include "overlay/linux/rlimit.hpp"

namespace flatlan::lab {
namespace {

/// What a supervisor has open beside its nodes and pods: its log, its socket, a few clients, what a
/// step opens for a moment, and probes of the underlay (path_probe.cpp).
constexpr std::size_t kDescriptorsAtRest = 64 + 256;
/// A node's namespace, and the holds of a bridged underlay and of who watches the underlay's ways.
constexpr std::size_t kDescriptorsOfNode = 3;
/// With a daemon of its own: mount and UTS namespace, and /run.
constexpr std::size_t kDescriptorsOfMachine = 3;

/// A pod's UTS and IPC namespaces, which its containers join.
constexpr std::size_t kDescriptorsOfPodThatRuns = 2;
/// Both outputs, the log, and a probe's socket.
constexpr std::size_t kDescriptorsOfContainer = 4;

std::size_t descriptors_of_containers(const LabSpec& spec) {
    std::size_t needed = 0;
    for (const PodSpec& pod : spec.pods)
        if (const pod::PodTemplate* contents = contents_of(spec, pod))
            needed += kDescriptorsOfPodThatRuns + kDescriptorsOfContainer * contents->size();
    return needed;
}

}  // namespace

Result<void> check_open_files(const LabSpec& spec, const LabPlan& plan) {
    FLATLAN_TRY(allowed, raise_open_files_limit());
    std::size_t needed = kDescriptorsAtRest + plan.pods.size() + descriptors_of_containers(spec);
    for (const PlannedNode& node : plan.nodes)
        needed += kDescriptorsOfNode +
                  (plan.registry ? kDescriptorsOfMachine : descriptors_of(node.backend));
    if (needed <= allowed) return success();
    return Error{ErrorCode::forbidden, "the lab needs " + std::to_string(needed) +
                                           " open files and this user may have " +
                                           std::to_string(allowed)}
        .expecting("a higher limit (ulimit -Hn), or fewer nodes and pods");
}

}  // namespace flatlan::lab
