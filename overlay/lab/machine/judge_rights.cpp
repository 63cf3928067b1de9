#include <algorithm>

#include "overlay/lab/machine/judge_machine.hpp"

namespace flatlan::lab {
namespace {

/// A lab of a thousand pods: a network, a UTS and an IPC namespace for each, and some for nodes.
constexpr std::uint64_t kNamespacesForThousandPods = 1200;
/// Of the kinds that a lab has one of, with room for a command in a pod (flatlan exec) and doctor.
constexpr std::uint64_t kNamespacesOfLab = 4;

std::string sysctl(const std::string& setting) { return "sudo sysctl -w " + setting; }

/// The setting that forbids user namespaces, by name and value, and the command that allows them.
void explain_refusal(const MachineFacts& facts, MachineCheck& check) {
    if (facts.unprivileged_userns_clone == 0U) {
        check.found = "kernel.unprivileged_userns_clone is 0";
        check.mend = sysctl("kernel.unprivileged_userns_clone=1");
    } else if (facts.max_user_namespaces == 0U) {
        check.found = "user.max_user_namespaces is 0";
        check.mend = sysctl("user.max_user_namespaces=15000");
    } else if (facts.apparmor_restrict_unprivileged == 1U) {
        check.found = "kernel.apparmor_restrict_unprivileged_userns is 1";
        check.mend = sysctl("kernel.apparmor_restrict_unprivileged_userns=0");
    }
}

MachineCheck user_namespaces(const MachineFacts& facts) {
    const Trial& trial = facts.features.user_namespace;
    MachineCheck check{.name = "user namespaces",
                       .required = !facts.with_rights,
                       .needed = "an ordinary user may make one",
                       .purpose = "labs without root"};
    if (facts.with_rights) {
        check.found = "not needed: this user may make the others";
        return check;
    }
    // With Ubuntu's restriction the namespace is made, and has no rights: all that follows fails.
    const bool powerless = trial.worked && !facts.features.namespaces.worked &&
                           facts.apparmor_restrict_unprivileged == 1U;
    check.found = trial.worked ? "made one as " + facts.user : trial.words;
    if (trial.worked && !powerless) return check;
    check.state = CheckState::missing;
    explain_refusal(facts, check);
    return check;
}

/// The limits of one kind of namespaces each (namespaces(7), /proc/sys/user).
struct Limit {
    std::string_view kind;
    std::optional<std::uint64_t> value;
    std::uint64_t needed;
};

std::vector<Limit> limits_of(const MachineFacts& facts) {
    return {{"net", facts.max_net_namespaces, kNamespacesForThousandPods},
            {"ipc", facts.max_ipc_namespaces, kNamespacesForThousandPods},
            {"uts", facts.max_uts_namespaces, kNamespacesForThousandPods},
            {"pid", facts.max_pid_namespaces, kNamespacesOfLab},
            {"mnt", facts.max_mnt_namespaces, kNamespacesOfLab}};
}

/// Adds the limits that are too low, with the command that raises them; false when there is none.
bool explain_limits(const MachineFacts& facts, MachineCheck& check) {
    std::string low;
    std::string raised;
    for (const Limit& limit : limits_of(facts)) {
        if (!limit.value || *limit.value >= limit.needed) continue;
        const std::string setting = "user.max_" + std::string{limit.kind} + "_namespaces";
        low += (low.empty() ? "" : ", ") + setting + " is " + std::to_string(*limit.value);
        raised += (raised.empty() ? "" : " ") + setting + "=15000";
    }
    if (low.empty()) return false;
    check.found += (check.found.empty() ? "" : "; ") + low;
    check.mend = sysctl(raised);
    return true;
}

MachineCheck network_namespaces(const MachineFacts& facts) {
    const Trial& trial = facts.features.namespaces;
    MachineCheck check{.name = "network namespaces",
                       .required = true,
                       .found = "made one, with a PID, mount, IPC and UTS namespace",
                       .needed = "network, PID, mount, IPC and UTS namespaces",
                       .purpose = "nodes, pods and the lab itself",
                       .tried = trial.done};
    if (trial.worked) return check;
    check.state = CheckState::missing;
    check.found = trial.done ? trial.words : "not tried: a user namespace comes first";
    explain_limits(facts, check);
    return check;
}

MachineCheck namespace_limits(const MachineFacts& facts) {
    MachineCheck check{
        .name = "namespace limits",
        .needed = std::to_string(kNamespacesForThousandPods) + " network, IPC and UTS namespaces",
        .purpose = "labs of a thousand pods"};
    if (explain_limits(facts, check)) {
        check.state = CheckState::limited;
        return check;
    }
    for (const Limit& limit : limits_of(facts))
        if (limit.value)
            check.found += (check.found.empty() ? "" : ", ") + std::string{limit.kind} + ' ' +
                           std::to_string(*limit.value);
    if (check.found.empty()) check.found = "this kernel has none";
    return check;
}

MachineCheck user_ids(const MachineFacts& facts) {
    MachineCheck check{.name = "user ids",
                       .needed = "newuidmap, and an entry for " + facts.user + " in /etc/subuid",
                       .purpose = "containers that run as several users"};
    if (facts.with_rights) {
        check.found = "all: no user namespace is needed";
        return check;
    }
    if (facts.mapping.worked) {
        check.found = std::to_string(facts.subuids) + " by newuidmap";
        return check;
    }
    check.state = CheckState::limited;
    check.found = "uid 0 alone";
    if (facts.newuidmap.empty()) {
        check.found += ": there is no newuidmap";
        check.mend = "sudo apt-get install uidmap";
    } else if (facts.subuids == 0) {
        check.found += ": /etc/subuid has no entry";
        check.mend =
            "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + facts.user;
    } else {
        check.found += ": newuidmap: " + facts.mapping.words;
    }
    return check;
}

}  // namespace

void judge_rights(const MachineFacts& facts, MachineReport& report) {
    report.checks.push_back(user_namespaces(facts));
    report.checks.push_back(network_namespaces(facts));
    report.checks.push_back(namespace_limits(facts));
    report.checks.push_back(user_ids(facts));
}

}  // namespace flatlan::lab
