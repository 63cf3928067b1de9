#include <algorithm>

#include "overlay/lab/machine/judge_machine.hpp"

namespace flatlan::lab {
namespace {

/// A lab of a thousand pods: a network, a UTS and an IPC namespace for each, and some for nodes.
constexpr std::uint64_t kNamespacesForThousandPods = 1200;

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

MachineCheck network_namespaces(const MachineFacts& facts) {
    const Trial& trial = facts.features.namespaces;
    MachineCheck check{.name = "network namespaces",
                       .required = true,
                       .found = "made one, with a PID, mount, IPC and UTS namespace",
                       .needed = "network, PID, mount, IPC and UTS namespaces",
                       .purpose = "nodes, pods and the lab itself"};
    if (trial.worked) return check;
    check.state = CheckState::missing;
    check.found = trial.done ? trial.words : "not tried: a user namespace comes first";
    if (facts.max_net_namespaces == 0U) {
        check.found = "user.max_net_namespaces is 0";
        check.mend = sysctl("user.max_net_namespaces=15000");
    }
    return check;
}

MachineCheck namespace_limits(const MachineFacts& facts) {
    MachineCheck check{
        .name = "namespace limits",
        .needed = std::to_string(kNamespacesForThousandPods) + " network, IPC and UTS namespaces",
        .purpose = "labs of a thousand pods"};
    const std::pair<const char*, std::optional<std::uint64_t>> limits[] = {
        {"net", facts.max_net_namespaces},
        {"ipc", facts.max_ipc_namespaces},
        {"uts", facts.max_uts_namespaces}};
    for (const auto& [kind, limit] : limits) {
        if (!limit) continue;
        const std::string name = std::string{"user.max_"} + kind + "_namespaces";
        check.found +=
            (check.found.empty() ? "" : ", ") + std::string{kind} + ' ' + std::to_string(*limit);
        if (*limit >= kNamespacesForThousandPods) continue;
        check.state = CheckState::limited;
        check.mend += (check.mend.empty() ? sysctl("") : " ") + name + "=15000";
    }
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
