#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/lab/fault/fault.hpp"
#include "overlay/lab/ipam_report.hpp"
#include "overlay/lab/lab_file.hpp"
#include "overlay/lab/lab_spec.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/lab/workload.hpp"

/// What a program outside a lab can do with it. Each call is one exchange on the supervisor's Unix
/// socket; nothing here keeps state.
namespace flatlan::lab {

/// A lab of this user, found in the runtime directory (overlay/lab/runtime_directory.hpp).
struct LabEntry {
    LabName name;
    Phase state = Phase::pending;
    std::size_t nodes = 0;
    std::size_t pods = 0;
    int pid = 0;           ///< of the supervisor, as this process sees it
    std::string socket{};  ///< path of its API
};

/// One step of an `up` under way.
struct Progress {
    std::string stage;  ///< "nodes", "pods", "tunnel"
    std::size_t done = 0;
    std::size_t total = 0;
};
using ProgressListener = std::function<void(const Progress&)>;

/// What `apply` did; all zero when the file says what runs already.
struct ApplyReport {
    std::size_t nodes_added = 0, nodes_removed = 0;
    std::size_t pods_added = 0, pods_removed = 0;
    std::size_t pods_changed = 0;      ///< stay, and run something else
    std::vector<std::string> notes{};  ///< as LabStatus::notes
};

/// What `scale` did.
struct ScaleReport {
    std::size_t before = 0;  ///< how many pods there were
    ApplyReport changes{};
};

/// Starts a lab and returns when all its pods are Running, or with the reason, everything undone.
/// Errors: already_exists (a lab of that name runs), forbidden (the machine does not allow it: the
/// text names what), or what a step says. An interrupt (SIGINT, SIGTERM) while it waits undoes the
/// lab too. The process must have one thread.
Result<LabStatus> start_lab(const LabSpec& spec, const ProgressListener& progress);

/// Changes a running lab, the one of the file's name, to what the file says; nothing else is
/// disturbed. Errors: not_found without such a lab; invalid_argument for a change that is not
/// possible without a restart (prefixes, block sizes, underlay, tunnel); unavailable while another
/// change is under way.
Result<ApplyReport> apply_lab(const LabFile& file);

/// Changes how many pods a Deployment or ReplicaSet of a lab has. Errors: not_found for one that is
/// not there, and those of `apply_lab`.
Result<ScaleReport> scale_lab(const LabName& lab, const ScaleRequest& request);

/// Has the lab put its tunnels right at once and from then on, or lets them be whatever somebody
/// does to them. Error unavailable while another change is under way.
Result<void> set_upkeep(const LabName& lab, bool on);

/// Takes the power away from a node of the lab, or gives it back; nothing happens when the node is
/// so already. Errors: not_found for a name that is not there, unavailable while another change is
/// under way, or why the node does not come up, and it is off then.
Result<void> set_power(const LabName& lab, const NodeName& node, bool on);

/// Makes a fault in a lab; while there are any, its tunnels are let be. Errors: invalid_argument
/// for one that cannot be made there, not_found where there is nothing to break.
Result<FaultRecord> add_fault(const LabName& lab, const FaultRequest& request);
/// Takes a fault away, or all where none is named. With the last one tunnels are kept right again,
/// if they were before the first. Error not_found for a number that none has.
Result<std::vector<FaultRecord>> remove_faults(const LabName& lab, std::optional<unsigned> number);
Result<std::vector<FaultRecord>> list_faults(const LabName& lab);

/// Ends a lab and returns when its supervisor and all its devices are gone.
Result<void> stop_lab(const LabName& lab);

/// All running labs of this user, by name. Removes what is left of labs whose lock proves them
/// dead.
Result<std::vector<LabEntry>> list_labs();

/// The lab to work on: the one named, or the only one that runs. Errors: not_found (none, or not
/// that one; the text lists those that run), invalid_argument (several run and none was named).
Result<LabEntry> choose_lab(const std::string& name_or_empty);

Result<LabStatus> get_status(const LabName& lab);
/// The same, with what its nodes' daemons alone know; waits two seconds for those that are mute.
Result<LabStatus> get_status_with_daemons(const LabName& lab);
/// That too, with figures of each node's tunnel peer by peer.
Result<LabStatus> get_status_with_peers(const LabName& lab);
/// Also once this process has entered the lab, where it no longer is the user that it was.
Result<LabStatus> get_status(const LabEntry& lab);

/// Which address is whose in a lab, and what is wrong.
Result<IpamReport> get_ipam(const LabName& lab);
/// Ends those of the leases that are still as they are here and still used by nobody.
Result<std::vector<IpamReport::HeldLease>> release_unused(
    const LabName& lab, const std::vector<IpamReport::HeldLease>& leases);

/// Moves this process into a lab's user namespace, with every capability there, and into the
/// supervisor's empty network namespace, to which a thread may come back from a pod's or node's. In
/// a lab that root started it changes nothing. Needed before descriptors of the lab are opened. The
/// process must have one thread.
Result<void> enter_lab(const LabEntry& lab);

}  // namespace flatlan::lab
