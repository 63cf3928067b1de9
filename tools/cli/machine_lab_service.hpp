#pragma once

#include "tools/cli/lab_service.hpp"

namespace flatlan::cli {

/// The labs of this machine.
class MachineLabService final : public LabService {
public:
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
    Result<lab::LabStatus> status(const lab::LabEntry& lab) override;
    Result<lab::LabStatus> status_with_daemons(const LabName& lab) override;
    Result<lab::LabStatus> status_with_peers(const LabName& lab) override;
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
    void pause(Duration span) override;
};

}  // namespace flatlan::cli
