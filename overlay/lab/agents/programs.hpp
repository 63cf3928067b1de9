#pragma once

#include <filesystem>

#include "overlay/base/result.hpp"

namespace flatlan::lab {

/// What a lab with `agents: process` runs on its nodes.
struct AgentPrograms {
    std::filesystem::path flatland;
    std::filesystem::path flatlan_cni;
    std::filesystem::path etcd;
};

/// Finds them: beside this program, where they are installed beside it (../bin, ../sbin), then in
/// PATH. Error forbidden for what the machine lacks; it says what would help.
Result<AgentPrograms> find_agent_programs();

}  // namespace flatlan::lab
