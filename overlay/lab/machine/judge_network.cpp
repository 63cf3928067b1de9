#include "overlay/lab/machine/judge_machine.hpp"

namespace flatlan::lab {
namespace {

/// What is said of a feature of the kernel that was tried.
struct Feature {
    std::string name;
    std::string needed;
    std::string purpose;
    std::string mend;
    CheckState without;  ///< the state when the kernel refused
};

MachineCheck judge(const Feature& feature, const Trial& trial) {
    MachineCheck check{.name = feature.name,
                       .required = feature.without == CheckState::missing,
                       .found = "made one",
                       .needed = feature.needed,
                       .purpose = feature.purpose,
                       .tried = trial.done};
    if (trial.worked) return check;
    check.state = feature.without;
    check.found = trial.done ? trial.words : "not tried: network namespaces come first";
    if (trial.done) check.mend = feature.mend;
    return check;
}

MachineCheck tun(const MachineFacts& facts) {
    MachineCheck check = judge({.name = "tun",
                                .needed = "a TUN device for this user",
                                .purpose = "the user backend on its quicker device",
                                .mend = "sudo chmod 0666 /dev/net/tun",
                                .without = CheckState::limited},
                               facts.features.tun);
    if (check.state != CheckState::ok && facts.tun_mode.empty()) {
        check.found = "there is no /dev/net/tun";
        check.mend = "sudo modprobe tun";
    } else if (check.state != CheckState::ok) {
        check.found += " (mode " + facts.tun_mode + ")";
    }
    return check;
}

MachineCheck netem(const MachineFacts& facts) {
    return {.name = "netem",
            .found = facts.features.netem.worked ? "made one, not needed" : "none, not needed",
            .needed = "nothing",
            .purpose = "nothing: no lab depends on it"};
}

MachineCheck neighbour_table(const MachineFacts& facts) {
    return {.name = "neighbour table",
            .found = facts.neighbours_max
                         ? std::to_string(*facts.neighbours_max) + " learnt entries, none used"
                         : "its limit cannot be read here",
            .needed = "any size",
            .purpose =
                "nothing: the neighbours of a lab are permanent, which the limit "
                "(gc_thresh3) does not count"};
}

}  // namespace

void judge_network(const MachineFacts& facts, MachineReport& report) {
    const FeatureTrials& features = facts.features;
    report.checks.push_back(judge({.name = "veth",
                                   .needed = "veth pairs",
                                   .purpose = "every link of a node and pod",
                                   .mend = "sudo modprobe veth",
                                   .without = CheckState::missing},
                                  features.veth));
    report.checks.push_back(judge({.name = "vxlan",
                                   .needed = "VXLAN devices",
                                   .purpose = "the kernel backend, which labs use unless told",
                                   .mend = "sudo modprobe vxlan",
                                   .without = CheckState::missing},
                                  features.vxlan));
    report.checks.push_back(judge({.name = "bridge",
                                   .needed = "bridges",
                                   .purpose = "labs with a bridged underlay",
                                   .mend = "sudo modprobe bridge",
                                   .without = CheckState::limited},
                                  features.bridge));
    report.checks.push_back(judge({.name = "ipv6",
                                   .needed = "IPv6 addresses",
                                   .purpose = "IPv6 and dual-stack labs",
                                   .mend = "sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0 "
                                           "net.ipv6.conf.default.disable_ipv6=0",
                                   .without = CheckState::limited},
                                  features.ipv6));
    report.checks.push_back(judge({.name = "nftables",
                                   .needed = "nftables chains",
                                   .purpose = "the check of tunnel senders, and masquerading",
                                   .mend = "sudo modprobe nf_tables",
                                   .without = CheckState::limited},
                                  features.nftables));
    report.checks.push_back(tun(facts));
    report.checks.push_back(neighbour_table(facts));
    report.checks.push_back(netem(facts));
}

}  // namespace flatlan::lab
