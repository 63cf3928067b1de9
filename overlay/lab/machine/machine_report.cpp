#include "overlay/lab/machine/machine_report.hpp"

namespace flatlan::lab {

std::string_view to_string(CheckState state) {
    switch (state) {
        case CheckState::ok:
            return "ok";
        case CheckState::limited:
            return "limited";
        case CheckState::missing:
            return "missing";
    }
    return "missing";
}

std::vector<MachineCheck> MachineReport::obstacles() const {
    std::vector<MachineCheck> out;
    for (const MachineCheck& check : checks)
        if (check.required && check.tried && check.state == CheckState::missing)
            out.push_back(check);
    return out;
}

bool MachineReport::can_run_lab() const { return obstacles().empty(); }

}  // namespace flatlan::lab
