#include "overlay/lab/lab_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "overlay/lab/api_client.hpp"
#include "overlay/lab/api_values.hpp"
#include "overlay/lab/runtime_directory.hpp"

namespace flatlan::lab {
namespace {

Result<ApiAnswer> ask_lab(const LabName& lab, const ApiRequest& request) {
    FLATLAN_TRY(runtime, RuntimeDirectory::open());
    FLATLAN_TRY(live, runtime.live_labs());
    if (std::find(live.begin(), live.end(), lab) == live.end())
        return Error{ErrorCode::not_found, "no lab named '" + lab.text() + "' is running"}
            .expecting(live.empty() ? "flatlan up FILE first"
                                    : "one of those that flatlan ls shows");
    return ask(runtime.socket_path(lab), request);
}

Result<LabEntry> entry_of(const RuntimeDirectory& runtime, const LabName& name) {
    FLATLAN_TRY(answer, ask(runtime.socket_path(name), {"GET", "/v1/lab", ""}));
    FLATLAN_TRY(summary, lab_summary_from_json(answer.body));
    return LabEntry{name,         summary.state,     summary.nodes,
                    summary.pods, answer.supervisor, runtime.socket_path(name)};
}

std::string names_of(const std::vector<LabName>& labs) {
    std::string text;
    for (const LabName& lab : labs)
        text += (text.empty() ? "" : ", ") + lab.text();
    return text;
}

Result<LabName> the_only(const std::vector<LabName>& live) {
    if (live.empty())
        return Error{ErrorCode::not_found, "no lab is running"}.expecting("flatlan up FILE first");
    if (live.size() > 1)
        return Error{ErrorCode::invalid_argument, "several labs are running: " + names_of(live)}
            .expecting("--lab NAME");
    return live.front();
}

/// Until the process is gone; its namespaces are the kernel's to free then.
Result<void> wait_for_end(const UniqueFd& process) {
    pollfd wait{process.get(), POLLIN, 0};
    while (poll(&wait, 1, -1) < 0)
        if (errno != EINTR) return Error::from_errno(errno, "wait for the supervisor to end");
    return success();
}

}  // namespace

Result<ApplyReport> apply_lab(const LabFile& file) {
    FLATLAN_TRY(answer, ask_lab(file.spec.name, {"POST", "/v1/apply",
                                                 to_json(ApplyRequest{file.file, file.text})}));
    return apply_report_from_json(answer.body);
}

Result<ScaleReport> scale_lab(const LabName& lab, const ScaleRequest& request) {
    FLATLAN_TRY(answer, ask_lab(lab, {"POST", "/v1/scale", to_json(request)}));
    return scale_report_from_json(answer.body);
}

Result<void> set_upkeep(const LabName& lab, bool on) {
    auto answer = ask_lab(lab, {"POST", on ? "/v1/upkeep/on" : "/v1/upkeep/off", ""});
    if (!answer) return std::move(answer).error();
    return success();
}

Result<void> set_power(const LabName& lab, const NodeName& node, bool on) {
    auto answered =
        ask_lab(lab, {"POST", "/v1/nodes/" + node.text() + (on ? "/start" : "/stop"), ""});
    if (!answered) return std::move(answered).error();
    return success();
}

Result<FaultRecord> add_fault(const LabName& lab, const FaultRequest& request) {
    FLATLAN_TRY(answer, ask_lab(lab, {"POST", "/v1/faults", to_json(request)}));
    FLATLAN_TRY(made, fault_records_from_json(answer.body));
    if (made.empty()) return Error{ErrorCode::corrupt, "the lab does not say what it made"};
    return std::move(made.front());
}

Result<std::vector<FaultRecord>> remove_faults(const LabName& lab, std::optional<unsigned> number) {
    const std::string which = number ? std::to_string(*number) : "all";
    FLATLAN_TRY(answer, ask_lab(lab, {"POST", "/v1/faults/remove/" + which, ""}));
    return fault_records_from_json(answer.body);
}

Result<std::vector<FaultRecord>> list_faults(const LabName& lab) {
    FLATLAN_TRY(answer, ask_lab(lab, {"GET", "/v1/faults", ""}));
    return fault_records_from_json(answer.body);
}

Result<void> stop_lab(const LabName& lab) {
    FLATLAN_TRY(entry, choose_lab(lab.text()));
    const UniqueFd process{static_cast<int>(syscall(SYS_pidfd_open, entry.pid, 0))};
    if (!process) return Error::from_errno(errno, "watch the supervisor");
    if (auto asked = ask_lab(lab, {"POST", "/v1/down", ""}); !asked)
        return std::move(asked).error();
    return wait_for_end(process);
}

Result<std::vector<LabEntry>> list_labs() {
    FLATLAN_TRY(runtime, RuntimeDirectory::open());
    FLATLAN_TRY(live, runtime.live_labs());
    std::vector<LabEntry> entries;
    for (const LabName& name : live) {
        auto entry = entry_of(runtime, name);
        // It may have ended since, or not have got as far as its socket.
        if (!entry && entry.error().code() == ErrorCode::unavailable) {
            entries.push_back({.name = name});
            continue;
        }
        if (!entry) return std::move(entry).error();
        entries.push_back(std::move(entry).value());
    }
    return entries;
}

Result<LabEntry> choose_lab(const std::string& name_or_empty) {
    FLATLAN_TRY(runtime, RuntimeDirectory::open());
    FLATLAN_TRY(live, runtime.live_labs());
    if (name_or_empty.empty()) {
        FLATLAN_TRY(only, the_only(live));
        return entry_of(runtime, only);
    }
    FLATLAN_TRY(name, LabName::from(name_or_empty));
    if (std::find(live.begin(), live.end(), name) == live.end())
        return Error{ErrorCode::not_found, "no lab named '" + name.text() + "' is running"}
            .expecting(live.empty() ? "flatlan up FILE first" : "one of " + names_of(live));
    return entry_of(runtime, name);
}

Result<LabStatus> get_status(const LabName& lab) {
    FLATLAN_TRY(answer, ask_lab(lab, {"GET", "/v1/lab", ""}));
    return lab_status_from_json(answer.body);
}

Result<LabStatus> get_status_with_daemons(const LabName& lab) {
    FLATLAN_TRY(answer, ask_lab(lab, {"GET", "/v1/lab/daemons", ""}));
    return lab_status_from_json(answer.body);
}

Result<LabStatus> get_status_with_peers(const LabName& lab) {
    FLATLAN_TRY(answer, ask_lab(lab, {"GET", "/v1/lab/peers", ""}));
    return lab_status_from_json(answer.body);
}

Result<LabStatus> get_status(const LabEntry& lab) {
    FLATLAN_TRY(answer, ask(lab.socket, {"GET", "/v1/lab", ""}));
    return lab_status_from_json(answer.body);
}

Result<IpamReport> get_ipam(const LabName& lab) {
    FLATLAN_TRY(answer, ask_lab(lab, {"GET", "/v1/ipam", ""}));
    return ipam_report_from_json(answer.body);
}

Result<std::vector<IpamReport::HeldLease>> release_unused(
    const LabName& lab, const std::vector<IpamReport::HeldLease>& leases) {
    FLATLAN_TRY(answer, ask_lab(lab, {"POST", "/v1/ipam/release", to_json(leases)}));
    return leases_from_json(answer.body);
}

Result<void> enter_lab(const LabEntry& lab) {
    const std::string path = "/proc/" + std::to_string(lab.pid) + "/ns/user";
    const UniqueFd user{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!user) return Error::from_errno(errno, "open the lab's user namespace " + path);
    struct stat theirs {
    }, ours{};
    if (fstat(user.get(), &theirs) != 0 || stat("/proc/self/ns/user", &ours) != 0)
        return Error::from_errno(errno, "compare user namespaces");
    if (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino) return success();
    // Of the network namespace outside it would not be allowed to come back to.
    const std::string network_path = "/proc/" + std::to_string(lab.pid) + "/ns/net";
    const UniqueFd network{open(network_path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!network)
        return Error::from_errno(errno, "open the lab's network namespace " + network_path);
    if (setns(user.get(), CLONE_NEWUSER) != 0)
        return Error::from_errno(errno, "join the lab's user namespace");
    if (setns(network.get(), CLONE_NEWNET) != 0)
        return Error::from_errno(errno, "join the lab's network namespace");
    return success();
}

}  // namespace flatlan::lab
