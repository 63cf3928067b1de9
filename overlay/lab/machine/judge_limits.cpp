#include <algorithm>

#include "overlay/lab/machine/judge_machine.hpp"

namespace flatlan::lab {
namespace {

/// One descriptor for each pod and node, and some tens of the supervisor's own.
constexpr std::uint64_t kFilesForThousandPods = 2048;
/// At most 400 KiB of the kernel's memory for each of a thousand pods, and the supervisor.
constexpr std::uint64_t kMemoryForThousandPodsKib = 512 * 1024;

MachineCheck open_files(const MachineFacts& facts) {
    MachineCheck check{.name = "open files",
                       .found = "soft " + std::to_string(facts.open_files_soft) + ", hard " +
                                std::to_string(facts.open_files_hard),
                       .needed = "a hard limit of " + std::to_string(kFilesForThousandPods),
                       .purpose = "labs of a thousand pods; the soft limit is raised by itself"};
    if (facts.open_files_hard >= kFilesForThousandPods) return check;
    check.state = CheckState::limited;
    check.mend = "echo '" + facts.user +
                 " hard nofile 20000' | sudo tee /etc/security/limits.d/flatlan.conf";
    return check;
}

MachineCheck memory(const MachineFacts& facts) {
    const bool enough = facts.memory_available_kib >= kMemoryForThousandPodsKib;
    return {.name = "memory",
            .state = enough ? CheckState::ok : CheckState::limited,
            .found = std::to_string(facts.memory_available_kib / 1024) + " MiB available of " +
                     std::to_string(facts.memory_total_kib / 1024),
            .needed = std::to_string(kMemoryForThousandPodsKib / 1024) + " MiB available",
            .purpose = "labs of a thousand pods"};
}

MachineCheck processors(const MachineFacts& facts) {
    return {.name = "processors",
            .found = std::to_string(facts.processors),
            .needed = "1",
            .purpose = "a lab at all; more make its packets quicker"};
}

std::string_view words_of(CgroupLayout layout) {
    switch (layout) {
        case CgroupLayout::none:
            return "none mounted";
        case CgroupLayout::v1:
            return "v1";
        case CgroupLayout::v2:
            return "v2";
        case CgroupLayout::hybrid:
            return "v1 with v2 beside it (hybrid)";
    }
    return "none mounted";
}

MachineCheck cgroups(const MachineFacts& facts) {
    MachineCheck check{.name = "cgroups",
                       .found = std::string{words_of(facts.cgroups)},
                       .needed = "groups that this user may make",
                       .purpose = "limits of containers' processor time and memory"};
    if (facts.cgroups == CgroupLayout::none) {
        check.state = CheckState::limited;
        return check;
    }
    check.found +=
        facts.cgroups_writable ? ", this user may make groups" : ", this user may make no groups";
    if (facts.cgroups_writable) return check;
    check.state = CheckState::limited;
    if (facts.systemd && facts.cgroups == CgroupLayout::v2)
        check.mend = "systemd-run --user --scope -p Delegate=yes flatlan up FILE";
    return check;
}

MachineCheck oci_runtime(const MachineFacts& facts) {
    MachineCheck check{.name = "oci runtime",
                       .state = CheckState::limited,
                       .found = facts.runtimes.empty() ? "neither runc nor crun is installed" : "",
                       .needed = "runc or crun, able to run a container here",
                       .purpose = "pods with containers; bare pods need none"};
    for (const RuntimeFact& runtime : facts.runtimes) {
        if (!check.found.empty()) check.found += "; ";
        check.found += runtime.program +
                       (runtime.container.worked ? " works" : ": " + runtime.container.words);
        if (runtime.container.worked) check.state = CheckState::ok;
    }
    const bool has_runc =
        std::any_of(facts.runtimes.begin(), facts.runtimes.end(),
                    [](const RuntimeFact& runtime) { return runtime.program.ends_with("/runc"); });
    if (check.state != CheckState::ok && !has_runc) check.mend = "sudo apt-get install runc";
    return check;
}

MachineCheck runtime_folder(const MachineFacts& facts) {
    MachineCheck check{.name = "runtime directory",
                       .required = true,
                       .found = facts.runtime_folder,
                       .needed = "a directory that belongs to this user alone",
                       .purpose = "the sockets by which running labs are found"};
    if (facts.runtime_folder_usable.worked) return check;
    check.state = CheckState::missing;
    check.found = facts.runtime_folder_usable.words;
    check.mend = "export XDG_RUNTIME_DIR=$(mktemp -d)";
    return check;
}

}  // namespace

void judge_limits(const MachineFacts& facts, MachineReport& report) {
    report.checks.push_back(open_files(facts));
    report.checks.push_back(memory(facts));
    report.checks.push_back(processors(facts));
    report.checks.push_back(cgroups(facts));
    report.checks.push_back(oci_runtime(facts));
    report.checks.push_back(runtime_folder(facts));
}

MachineReport judge_machine(const MachineFacts& facts) {
    MachineReport report;
    judge_rights(facts, report);
    judge_network(facts, report);
    judge_limits(facts, report);
    return report;
}

}  // namespace flatlan::lab
