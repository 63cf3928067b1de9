#include "overlay/lab/machine/examine_machine.hpp"

#include "overlay/lab/machine/judge_machine.hpp"
#include "overlay/lab/machine/machine_facts.hpp"

namespace flatlan::lab {

MachineReport examine_machine() { return judge_machine(collect_facts()); }

}  // namespace flatlan::lab
