#include "tools/cli/machine_lab_service.hpp"

#include <poll.h>

#include <chrono>
#include <cstdlib>

#include "overlay/lab/machine/examine_machine.hpp"
#include "tools/cli/lease_database.hpp"
#include "tools/trace/lab_trace.hpp"

namespace flatlan::cli {
namespace {

bool is_running(const lab::LabStatus& status, const PodName& pod, std::string_view container) {
    for (const lab::PodStatus& each : status.pods)
        for (const lab::ContainerStatus& candidate : each.containers)
            if (each.name == pod && candidate.name == container)
                return candidate.state == "Running";
    return false;
}

}  // namespace

Result<lab::LabFile> MachineLabService::read_file(const std::string& path) {
    return lab::read_lab_file(path);
}

Result<lab::LabStatus> MachineLabService::start(const lab::LabSpec& spec,
                                                const lab::ProgressListener& progress) {
    return lab::start_lab(spec, progress);
}

Result<lab::ApplyReport> MachineLabService::apply(const lab::LabFile& file) {
    return lab::apply_lab(file);
}

Result<lab::ScaleReport> MachineLabService::scale(const LabName& lab,
                                                  const lab::ScaleRequest& request) {
    return lab::scale_lab(lab, request);
}

Result<void> MachineLabService::set_upkeep(const LabName& lab, bool on) {
    return lab::set_upkeep(lab, on);
}

Result<void> MachineLabService::set_power(const LabName& lab, const NodeName& node, bool on) {
    return lab::set_power(lab, node, on);
}

Result<lab::FaultRecord> MachineLabService::add_fault(const LabName& lab,
                                                      const lab::FaultRequest& request) {
    return lab::add_fault(lab, request);
}

Result<std::vector<lab::FaultRecord>> MachineLabService::remove_faults(
    const LabName& lab, std::optional<unsigned> number) {
    return lab::remove_faults(lab, number);
}

Result<std::vector<lab::FaultRecord>> MachineLabService::list_faults(const LabName& lab) {
    return lab::list_faults(lab);
}

Result<void> MachineLabService::stop(const LabName& lab) { return lab::stop_lab(lab); }

Result<std::vector<lab::LabEntry>> MachineLabService::list() { return lab::list_labs(); }

Result<lab::LabEntry> MachineLabService::choose(const std::string& name_or_empty) {
    if (!name_or_empty.empty()) return lab::choose_lab(name_or_empty);
    // As a lesson sets it for the commands that it shows.
    const char* usual = std::getenv("FLATLAN_LAB");
    return lab::choose_lab(usual == nullptr ? "" : usual);
}

Result<lab::LabStatus> MachineLabService::status(const lab::LabEntry& lab) {
    return lab::get_status(lab);
}

Result<lab::LabStatus> MachineLabService::status_with_daemons(const LabName& lab) {
    return lab::get_status_with_daemons(lab);
}

Result<lab::LabStatus> MachineLabService::status_with_peers(const LabName& lab) {
    return lab::get_status_with_peers(lab);
}

Result<int> MachineLabService::exec(const lab::LabEntry& lab, const lab::ExecTarget& target,
                                    const std::vector<std::string>& command) {
    return lab::exec_in_lab(lab, target, command);
}

Result<void> MachineLabService::read_log(const lab::LabEntry& lab, const lab::LogWanted& wanted,
                                         bool follow, const lab::LogSink& sink) {
    FLATLAN_TRY(reader, lab::ContainerLogReader::open(lab.name, wanted));
    FLATLAN_TRY_VOID(reader.read(sink));
    while (follow) {
        // Asked first, so that what it wrote last is read after it has ended.
        const auto status = lab::get_status(lab.name);
        const bool runs = status && is_running(status.value(), wanted.pod, wanted.container);
        FLATLAN_TRY_VOID(reader.follow(sink));
        if (!runs) break;
    }
    return success();
}

Result<reach::Outcome> MachineLabService::reach(const lab::LabEntry& lab,
                                                const reach::TestRequest& request) {
    FLATLAN_TRY(status, lab::get_status(lab));
    FLATLAN_TRY(targets, reach::targets_of_lab(lab, status));
    return reach::run_test(targets, request, [&](std::span<const probe::Failure> failures) {
        return trace::explain_failures(lab, status, targets.members, failures);
    });
}

Result<reach::Outcome> MachineLabService::reach(const std::vector<std::string>& netns_paths,
                                                const reach::TestRequest& request) {
    FLATLAN_TRY(targets, reach::targets_of_paths(netns_paths));
    return reach::run_test(targets, request);
}

Result<trace::TraceAnswer> MachineLabService::trace(const lab::LabEntry& lab,
                                                    const lab::LabStatus& status,
                                                    const trace::TraceWanted& wanted) {
    return trace::trace_lab(lab, status, wanted);
}

Result<capture::CaptureTotals> MachineLabService::capture(
    const lab::LabEntry& lab, const lab::LabStatus& status, const capture::CaptureWanted& wanted,
    const std::function<Result<void>(std::size_t places)>& started,
    const capture::CaptureSession::Listener& listener) {
    return capture::capture_lab(lab, status, wanted, started, listener);
}

Result<void> MachineLabService::forward(const lab::LabEntry& lab,
                                        const forward::ForwardWanted& wanted,
                                        const forward::ForwardListener& listener) {
    return forward::forward_lab(lab, wanted, listener);
}

lab::MachineReport MachineLabService::examine_machine() { return lab::examine_machine(); }

Result<lab::IpamReport> MachineLabService::ipam(const IpamPlace& place, bool with_namespaces) {
    if (place.lab) return lab::get_ipam(*place.lab);
    if (!place.socket.empty()) return daemon::get_ipam(place.socket);
    return report_of_database(place, with_namespaces);
}

Result<std::vector<lab::IpamReport::HeldLease>> MachineLabService::release_unused(
    const IpamPlace& place, const std::vector<lab::IpamReport::HeldLease>& leases) {
    if (place.lab) return lab::release_unused(*place.lab, leases);
    if (!place.socket.empty()) return daemon::release_unused(place.socket, leases);
    return release_unused_in_database(place.database, leases);
}

Result<ipam::RebuildReport> MachineLabService::rebuild(const RebuildRequest& request) {
    return rebuild_database(request);
}

Result<node::NodeFile> MachineLabService::node_file() {
    return node::read_node_file(node::kNodeFilePath);
}

Result<daemon::NodeStatus> MachineLabService::node_status(const std::string& socket) {
    return daemon::get_node_status(socket);
}

Result<daemon::NodeClaims> MachineLabService::node_claims(const std::string& socket) {
    return daemon::get_claims(socket);
}

Result<daemon::NodeRemoved> MachineLabService::remove_node(const std::string& socket,
                                                           const NodeName& node, bool forced) {
    return daemon::remove_node(socket, node, forced);
}

Result<void> MachineLabService::confirm_rebuild(const std::string& socket) {
    return daemon::confirm_rebuild(socket);
}

void MachineLabService::pause(Duration span) {
    const auto end = std::chrono::steady_clock::now() + span;
    for (Duration left = span; left.count() > 0; left = end - std::chrono::steady_clock::now())
        ::poll(nullptr, 0, static_cast<int>(left / std::chrono::milliseconds{1}) + 1);
}

}  // namespace flatlan::cli
