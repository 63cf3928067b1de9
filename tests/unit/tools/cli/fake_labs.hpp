#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tools/cli/lab_service.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {

/// Labs that exist in a test alone. A call fails with `failure` where one is set.
class FakeLabs final : public LabService {
public:
    std::vector<lab::LabStatus> running;
    std::string lab_socket;  ///< of each of them
    lab::ApplyReport applied;
    std::vector<lab::ScaleRequest> scaled;  ///< what was asked for; each had two pods before
    std::vector<std::string> warnings;
    lab::MachineReport machine;
    std::optional<Error> file_failure;
    std::optional<Error> failure;
    int command_ends_with = 0;

    std::vector<std::string> files_read;
    std::vector<std::string> stopped;
    std::string exec_path;
    std::string exec_container;
    std::vector<lab::LogWanted> logs;     ///< what was asked for
    std::vector<lab::LogLine> log_lines;  ///< what there is
    std::vector<std::string> exec_command;
    int examinations = 0;

    Result<lab::LabFile> read_file(const std::string& path) override;
    Result<lab::LabStatus> start(const lab::LabSpec& spec,
                                 const lab::ProgressListener& progress) override;
    Result<lab::ApplyReport> apply(const lab::LabFile& file) override;
    Result<lab::ScaleReport> scale(const LabName& lab, const lab::ScaleRequest& request) override;
    Result<void> set_upkeep(const LabName& lab, bool on) override;
    Result<void> set_power(const LabName& lab, const NodeName& node, bool on) override;
    Result<lab::FaultRecord> add_fault(const LabName& lab,
                                       const lab::FaultRequest& request) override;
    Result<std::vector<lab::FaultRecord>> remove_faults(const LabName& lab,
                                                        std::optional<unsigned> number) override;
    Result<std::vector<lab::FaultRecord>> list_faults(const LabName& lab) override;
    Result<void> stop(const LabName& lab) override;
    Result<std::vector<lab::LabEntry>> list() override;
    Result<lab::LabEntry> choose(const std::string& name_or_empty) override;
    Result<lab::LabStatus> status_of(const LabName& lab) const;
    Result<lab::LabStatus> status(const lab::LabEntry& lab) override { return status_of(lab.name); }
    Result<lab::LabStatus> status_with_daemons(const LabName& lab) override {
        return status_of(lab);
    }
    Result<lab::LabStatus> status_with_peers(const LabName& lab) override { return status_of(lab); }
    Result<int> exec(const lab::LabEntry& lab, const lab::ExecTarget& target,
                     const std::vector<std::string>& command) override;
    Result<void> read_log(const lab::LabEntry& lab, const lab::LogWanted& wanted, bool follow,
                          const lab::LogSink& sink) override;
    Result<reach::Outcome> reach(const lab::LabEntry& lab,
                                 const reach::TestRequest& request) override;
    Result<reach::Outcome> reach(const std::vector<std::string>& netns_paths,
                                 const reach::TestRequest& request) override;
    Result<trace::TraceAnswer> trace(const lab::LabEntry& lab, const lab::LabStatus& status,
                                     const trace::TraceWanted& wanted) override;
    Result<capture::CaptureTotals> capture(
        const lab::LabEntry& lab, const lab::LabStatus& status,
        const capture::CaptureWanted& wanted,
        const std::function<Result<void>(std::size_t places)>& started,
        const capture::CaptureSession::Listener& listener) override;
    Result<void> forward(const lab::LabEntry& lab, const forward::ForwardWanted& wanted,
                         const forward::ForwardListener& listener) override;
    lab::MachineReport examine_machine() override;
    Result<lab::IpamReport> ipam(const IpamPlace& place, bool with_namespaces) override;
    Result<std::vector<lab::IpamReport::HeldLease>> release_unused(
        const IpamPlace& place, const std::vector<lab::IpamReport::HeldLease>& leases) override;
    Result<ipam::RebuildReport> rebuild(const RebuildRequest& request) override;
    Result<node::NodeFile> node_file() override;
    Result<daemon::NodeStatus> node_status(const std::string& socket) override;
    Result<daemon::NodeClaims> node_claims(const std::string& socket) override;
    Result<daemon::NodeRemoved> remove_node(const std::string& socket, const NodeName& node,
                                            bool forced) override;
    Result<void> confirm_rebuild(const std::string& socket) override;
    void pause(Duration span) override { paused += span; }
    std::vector<reach::TestRequest> reach_requests;  ///< what reach was asked for
    std::vector<probe::Failure> reach_failures;      ///< what it is to find
    std::vector<std::string> reach_paths;

    std::vector<lab::FaultRecord> faults;    ///< in all labs together
    std::vector<trace::TraceWanted> traces;  ///< what trace was asked for
    trace::TraceReport traced{
        .from = {}, .to = {}, .family = IpFamily::ipv4, .protocol = probe::Protocol::icmp};
    std::vector<std::byte> trace_capture;  ///< what it is to have captured

    std::vector<capture::CaptureWanted> captures;       ///< what capture was asked for
    std::vector<trace::CapturedFrame> frames_captured;  ///< what it is to see, on node/n1's eth0

    std::vector<forward::ForwardWanted> forwards;  ///< what forward was asked for
    std::vector<Error> forward_failures;           ///< of connections to its first port

    std::vector<lab::IpamReport> ipam_reports;  ///< one for each look; the last one stays
    std::vector<IpamPlace> ipam_places;         ///< of each look
    std::vector<lab::IpamReport::HeldLease> released;
    std::vector<RebuildRequest> rebuilds;
    ipam::RebuildReport rebuilt;
    Duration paused{};

    std::optional<node::NodeFile> node;        ///< this machine is that node
    std::optional<daemon::NodeStatus> daemon;  ///< and its flatland answers
    std::optional<daemon::NodeClaims> claims;
    std::vector<std::string> sockets;  ///< that were asked
    std::vector<std::string> removed;  ///< nodes, those by force with a "!"
    int confirmed = 0;
};

/// A lab with `nodes` nodes n1, n2, ... and `pods` pods pod-1, pod-2, ..., dealt out in turn.
lab::LabStatus lab_of(const std::string& name, std::size_t nodes, std::size_t pods,
                      bool dual_stack = false);

/// The same with one node and two pods: pod-1 with containers `server` and `refresh`, of which the
/// second one crashes; pod-2 bare.
lab::LabStatus lab_with_containers();

/// What a run of the program left behind.
struct Ran {
    ExitStatus status;
    std::string out;
    std::string err;
};

/// Runs `flatlan WORDS...` with these labs, its output going to a file, or to terminals.
Ran run_flatlan(FakeLabs& labs, std::vector<std::string> words, Terminal terminal = {});

/// The text of tests/golden/cli/NAME; with FLATLAN_WRITE_GOLDEN=1 in the environment the file is
/// written first, to be looked at and committed.
std::string golden(const std::string& name, const std::string& actual);

}  // namespace flatlan::cli
