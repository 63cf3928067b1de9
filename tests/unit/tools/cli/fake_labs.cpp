#include "tests/unit/tools/cli/fake_labs.hpp"

#include <cstdlib>
#include <fstream>

namespace flatlan::cli {
namespace {

constexpr std::string_view kLabFile = R"(
apiVersion: flatlan/v1
kind: Lab
metadata: {name: three-nodes}
spec: {nodes: 3, podCIDRs: [10.244.0.0/16]}
)";

}  // namespace

Result<lab::LabFile> FakeLabs::read_file(const std::string& path) {
    files_read.push_back(path);
    if (file_failure) return *file_failure;
    auto file = lab::parse_lab_file(kLabFile, path);
    if (file) file.value().warnings = warnings;
    return file;
}

Result<lab::LabStatus> FakeLabs::start(const lab::LabSpec& spec,
                                       const lab::ProgressListener& progress) {
    progress({.stage = "nodes", .done = 1, .total = 3});
    progress({.stage = "pods", .done = 4, .total = 4});
    if (failure) return *failure;
    running.push_back(lab_of(spec.name.text(), 3, 4));
    return running.back();
}

Result<lab::ApplyReport> FakeLabs::apply(const lab::LabFile&) {
    if (failure) return *failure;
    return applied;
}

Result<lab::ScaleReport> FakeLabs::scale(const LabName&, const lab::ScaleRequest& request) {
    if (failure) return *failure;
    scaled.push_back(request);
    return lab::ScaleReport{.before = 2, .changes = applied};
}

Result<void> FakeLabs::set_upkeep(const LabName& name, bool on) {
    if (failure) return *failure;
    for (lab::LabStatus& lab : running)
        if (lab.lab == name) lab.upkeep = on;
    return success();
}

Result<void> FakeLabs::set_power(const LabName& name, const NodeName& wanted, bool on) {
    if (failure) return *failure;
    for (lab::LabStatus& lab : running)
        for (lab::NodeStatus& each : lab.nodes)
            if (lab.lab == name && each.name == wanted)
                each.state = on ? lab::Phase::running : lab::Phase::pending;
    return success();
}

Result<lab::FaultRecord> FakeLabs::add_fault(const LabName&, const lab::FaultRequest& request) {
    if (failure) return *failure;
    faults.push_back({static_cast<unsigned>(faults.size()) + 1, request, "changed something"});
    return faults.back();
}

Result<std::vector<lab::FaultRecord>> FakeLabs::remove_faults(const LabName&,
                                                              std::optional<unsigned> number) {
    if (failure) return *failure;
    std::vector<lab::FaultRecord> undone;
    for (const lab::FaultRecord& fault : faults)
        if (!number || fault.number == *number) undone.push_back(fault);
    std::erase_if(faults, [&](const auto& fault) { return !number || fault.number == *number; });
    return undone;
}

Result<std::vector<lab::FaultRecord>> FakeLabs::list_faults(const LabName&) { return faults; }

Result<void> FakeLabs::stop(const LabName& lab) {
    stopped.push_back(lab.text());
    std::erase_if(running, [&](const lab::LabStatus& status) { return status.lab == lab; });
    return success();
}

Result<std::vector<lab::LabEntry>> FakeLabs::list() {
    std::vector<lab::LabEntry> entries;
    for (const lab::LabStatus& status : running)
        entries.push_back({.name = status.lab,
                           .state = status.state,
                           .nodes = status.nodes.size(),
                           .pods = status.pods.size(),
                           .pid = 4711,
                           .socket = lab_socket});
    return entries;
}

Result<lab::LabEntry> FakeLabs::choose(const std::string& name_or_empty) {
    const auto entries = list();
    if (name_or_empty.empty() && entries.value().size() == 1) return entries.value().front();
    for (const lab::LabEntry& entry : entries.value())
        if (entry.name.text() == name_or_empty) return entry;
    return Error{ErrorCode::not_found, "no such lab runs"};
}

Result<lab::LabStatus> FakeLabs::status_of(const LabName& lab) const {
    for (const lab::LabStatus& status : running)
        if (status.lab == lab) return status;
    return Error{ErrorCode::not_found, "no such lab runs"};
}

Result<int> FakeLabs::exec(const lab::LabEntry&, const lab::ExecTarget& target,
                           const std::vector<std::string>& command) {
    exec_path = target.path;
    exec_container = target.container;
    exec_command = command;
    if (failure) return *failure;
    return command_ends_with;
}

Result<void> FakeLabs::read_log(const lab::LabEntry&, const lab::LogWanted& wanted, bool,
                                const lab::LogSink& sink) {
    if (failure) return *failure;
    logs.push_back(wanted);
    for (const lab::LogLine& line : log_lines)
        sink(line);
    return success();
}

Result<reach::Outcome> FakeLabs::reach(const lab::LabEntry& lab,
                                       const reach::TestRequest& request) {
    if (failure) return *failure;
    reach_requests.push_back(request);
    reach::Outcome outcome;
    outcome.lab = lab.name.text();
    outcome.pods = 1;
    outcome.members.push_back({.name = "default/web",
                               .kind = probe::MemberKind::pod,
                               .node = std::nullopt,
                               .addresses = {}});
    outcome.report.tally.checks = 6;
    outcome.report.failures = reach_failures;
    return outcome;
}

Result<reach::Outcome> FakeLabs::reach(const std::vector<std::string>& netns_paths,
                                       const reach::TestRequest&) {
    reach_paths = netns_paths;
    return reach::Outcome{};
}

Result<trace::TraceAnswer> FakeLabs::trace(const lab::LabEntry&, const lab::LabStatus&,
                                           const trace::TraceWanted& wanted) {
    traces.push_back(wanted);
    if (failure) return *failure;
    return trace::TraceAnswer{traced, trace_capture};
}

Result<capture::CaptureTotals> FakeLabs::capture(
    const lab::LabEntry&, const lab::LabStatus&, const capture::CaptureWanted& wanted,
    const std::function<Result<void>(std::size_t places)>& started,
    const capture::CaptureSession::Listener& listener) {
    captures.push_back(wanted);
    if (failure) return *failure;
    FLATLAN_TRY_VOID(started(1));
    const std::string place = "node/n1";
    const std::string device = "eth0";
    for (const trace::CapturedFrame& frame : frames_captured)
        FLATLAN_TRY_VOID(listener({place, device, frame}));
    return capture::CaptureTotals{.packets = frames_captured.size()};
}

Result<void> FakeLabs::forward(const lab::LabEntry&, const forward::ForwardWanted& wanted,
                               const forward::ForwardListener& listener) {
    forwards.push_back(wanted);
    if (failure) return *failure;
    std::vector<forward::Listener> listeners;
    for (const forward::PortPair& pair : wanted.ports)
        for (const IpAddress& at :
             {IpAddress{Ipv4Address{0x7f00'0001}}, IpAddress{Ipv6Address{1}}}) {
            const Port chosen = pair.local == Port::any() ? Port{40'000} : pair.local;
            listeners.push_back({UniqueFd{}, Endpoint{at, chosen}, pair.pod});
        }
    listener.started(listeners);
    for (const Error& why : forward_failures)
        listener.failed(wanted.ports.front().pod, why);
    return success();
}

lab::MachineReport FakeLabs::examine_machine() {
    ++examinations;
    return machine;
}

Result<lab::IpamReport> FakeLabs::ipam(const IpamPlace& place, bool) {
    if (failure) return *failure;
    ipam_places.push_back(place);
    lab::IpamReport report = ipam_reports.empty() ? lab::IpamReport{} : ipam_reports.front();
    if (ipam_reports.size() > 1) ipam_reports.erase(ipam_reports.begin());
    report.lab = place.lab ? place.lab->text() : "";
    report.database = place.database;
    return report;
}

Result<std::vector<lab::IpamReport::HeldLease>> FakeLabs::release_unused(
    const IpamPlace&, const std::vector<lab::IpamReport::HeldLease>& leases) {
    released = leases;
    return leases;
}

Result<ipam::RebuildReport> FakeLabs::rebuild(const RebuildRequest& request) {
    if (failure) return *failure;
    rebuilds.push_back(request);
    return rebuilt;
}

Result<node::NodeFile> FakeLabs::node_file() {
    if (!node) return Error{ErrorCode::not_found, "there is no node.json"};
    return *node;
}

Result<daemon::NodeStatus> FakeLabs::node_status(const std::string& socket) {
    if (!daemon) return Error{ErrorCode::unavailable, "connect to " + socket + ": no such file"};
    sockets.push_back(socket);
    return *daemon;
}

Result<daemon::NodeClaims> FakeLabs::node_claims(const std::string& socket) {
    if (!claims) return Error{ErrorCode::unavailable, "connect to " + socket + ": no such file"};
    sockets.push_back(socket);
    return *claims;
}

Result<daemon::NodeRemoved> FakeLabs::remove_node(const std::string&, const NodeName& name,
                                                  bool forced) {
    if (failure) return *failure;
    removed.push_back(name.text() + (forced ? "!" : ""));
    return daemon::NodeRemoved{name.text(), {IpPrefix::from_text("10.244.0.64/26").value()}};
}

Result<void> FakeLabs::confirm_rebuild(const std::string&) {
    ++confirmed;
    return success();
}

Ran run_flatlan(FakeLabs& labs, std::vector<std::string> words, Terminal terminal) {
    std::ostringstream out;
    std::ostringstream err;
    Console console{.out = out, .err = err, .out_terminal = terminal, .err_terminal = terminal};
    const std::vector<Verb> verbs = make_verbs(labs);
    const ExitStatus status = run_program(verbs, words, console);
    return {.status = status, .out = out.str(), .err = err.str()};
}

std::string golden(const std::string& name, const std::string& actual) {
    const std::string path = FLATLAN_GOLDEN_FOLDER "/" + name;
    if (std::getenv("FLATLAN_WRITE_GOLDEN") != nullptr) std::ofstream{path} << actual;
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace flatlan::cli
