#pragma once

#include <string>
#include <vector>

#include "overlay/lab/container_log_reader.hpp"
#include "overlay/lab/exec.hpp"
#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/lab_file.hpp"
#include "overlay/lab/machine/machine_report.hpp"
#include "overlay/node/published/node_file.hpp"
#include "tools/capture/lab_capture.hpp"
#include "tools/cli/ipam_place.hpp"
#include "tools/daemon/api/daemon_client.hpp"
#include "tools/forward/lab_forward.hpp"
#include "tools/reach/outcome.hpp"
#include "tools/trace/lab_trace.hpp"

namespace flatlan::cli {

/// What the verbs ask of the machine: the calls of overlay/lab and of a node's daemon behind one
/// port, so that a test can answer in its place. Contracts and errors stand at the functions of the
/// same name there (overlay/lab/lab_client.hpp, tools/daemon/api/daemon_client.hpp).
class LabService {
public:
    virtual ~LabService() = default;

    virtual Result<lab::LabFile> read_file(const std::string& path) = 0;
    virtual Result<lab::LabStatus> start(const lab::LabSpec& spec,
                                         const lab::ProgressListener& progress) = 0;
    virtual Result<lab::ApplyReport> apply(const lab::LabFile& file) = 0;
    virtual Result<lab::ScaleReport> scale(const LabName& lab,
                                           const lab::ScaleRequest& request) = 0;
    virtual Result<void> set_upkeep(const LabName& lab, bool on) = 0;
    virtual Result<void> set_power(const LabName& lab, const NodeName& node, bool on) = 0;
    virtual Result<lab::FaultRecord> add_fault(const LabName& lab,
                                               const lab::FaultRequest& request) = 0;
    virtual Result<std::vector<lab::FaultRecord>> remove_faults(const LabName& lab,
                                                                std::optional<unsigned> number) = 0;
    virtual Result<std::vector<lab::FaultRecord>> list_faults(const LabName& lab) = 0;
    virtual Result<void> stop(const LabName& lab) = 0;
    virtual Result<std::vector<lab::LabEntry>> list() = 0;
    virtual Result<lab::LabEntry> choose(const std::string& name_or_empty) = 0;
    /// Also once this process has entered the lab.
    virtual Result<lab::LabStatus> status(const lab::LabEntry& lab) = 0;
    /// The same, with what its nodes' daemons alone know.
    virtual Result<lab::LabStatus> status_with_daemons(const LabName& lab) = 0;
    /// That too, with figures of each node's tunnel peer by peer.
    virtual Result<lab::LabStatus> status_with_peers(const LabName& lab) = 0;
    virtual Result<int> exec(const lab::LabEntry& lab, const lab::ExecTarget& target,
                             const std::vector<std::string>& command) = 0;
    /// Hands over a container's log; with `follow` until the container has ended.
    virtual Result<void> read_log(const lab::LabEntry& lab, const lab::LogWanted& wanted,
                                  bool follow, const lab::LogSink& sink) = 0;
    /// The reachability test, of a lab or of network namespaces by their paths.
    virtual Result<reach::Outcome> reach(const lab::LabEntry& lab,
                                         const reach::TestRequest& request) = 0;
    virtual Result<reach::Outcome> reach(const std::vector<std::string>& netns_paths,
                                         const reach::TestRequest& request) = 0;
    /// Follows a packet through a lab.
    virtual Result<trace::TraceAnswer> trace(const lab::LabEntry& lab, const lab::LabStatus& status,
                                             const trace::TraceWanted& wanted) = 0;
    /// Hands over packets of a lab as they pass.
    virtual Result<capture::CaptureTotals> capture(
        const lab::LabEntry& lab, const lab::LabStatus& status,
        const capture::CaptureWanted& wanted,
        const std::function<Result<void>(std::size_t places)>& started,
        const capture::CaptureSession::Listener& listener) = 0;
    /// Carries connections to a pod until somebody ends it.
    virtual Result<void> forward(const lab::LabEntry& lab, const forward::ForwardWanted& wanted,
                                 const forward::ForwardListener& listener) = 0;
    virtual lab::MachineReport examine_machine() = 0;

    /// Which address is whose. `with_namespaces`: and what is wrong, for which every namespace is
    /// looked at (of a lab, they always are).
    virtual Result<lab::IpamReport> ipam(const IpamPlace& place, bool with_namespaces) = 0;
    /// Ends those of the leases that are still as they are here and still used by nobody.
    virtual Result<std::vector<lab::IpamReport::HeldLease>> release_unused(
        const IpamPlace& place, const std::vector<lab::IpamReport::HeldLease>& leases) = 0;
    virtual Result<ipam::RebuildReport> rebuild(const RebuildRequest& request) = 0;
    /// What node.json tells of the node that this machine is.
    virtual Result<node::NodeFile> node_file() = 0;
    virtual Result<daemon::NodeStatus> node_status(const std::string& socket) = 0;
    virtual Result<daemon::NodeClaims> node_claims(const std::string& socket) = 0;
    virtual Result<daemon::NodeRemoved> remove_node(const std::string& socket, const NodeName& node,
                                                    bool forced) = 0;
    virtual Result<void> confirm_rebuild(const std::string& socket) = 0;
    /// Waits.
    virtual void pause(Duration span) = 0;
};

}  // namespace flatlan::cli
