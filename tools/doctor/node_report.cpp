#include "tools/doctor/node_report.hpp"

#include <algorithm>

namespace flatlan::doctor {

std::string_view to_string(NodeState state) {
    switch (state) {
        case NodeState::ok:
            return "ok";
        case NodeState::doubtful:
            return "doubtful";
        case NodeState::broken:
            return "broken";
    }
    return "broken";
}

bool NodeReport::healthy() const {
    return std::none_of(checks.begin(), checks.end(),
                        [](const NodeCheck& check) { return check.state == NodeState::broken; });
}

}  // namespace flatlan::doctor
