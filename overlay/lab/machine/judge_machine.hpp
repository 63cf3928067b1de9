#pragma once

#include "overlay/lab/machine/machine_facts.hpp"
#include "overlay/lab/machine/machine_report.hpp"

namespace flatlan::lab {

/// What the facts mean for labs, and what would mend them. Pure.
MachineReport judge_machine(const MachineFacts& facts);

// Its parts, each a file: who may make namespaces, what the kernel has for the network, how far the
// limits reach.
void judge_rights(const MachineFacts& facts, MachineReport& report);
void judge_network(const MachineFacts& facts, MachineReport& report);
void judge_limits(const MachineFacts& facts, MachineReport& report);

}  // namespace flatlan::lab
