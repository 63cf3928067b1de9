#pragma once

#include <string>

#include "overlay/lab/agents/programs.hpp"
#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_spec.hpp"

namespace flatlan::lab {

/// What the daemons of a lab have in common.
struct AgentCluster {
    AgentPrograms programs;
    LabSpec spec;
    std::string etcd_url;
};

/// Where a node's daemon finds its settings, and where it writes for container runtimes; below
/// /run.
inline constexpr const char* kDaemonSettings = "flatlan/flatland.yaml";
inline constexpr const char* kConflist = "cni/net.d/10-flatlan.conflist";

/// "http://172.31.0.4:2379".
std::string etcd_url_of(const PlannedNode& etcd);

/// The settings of a node's daemon, as a person would write them.
std::string daemon_settings(const AgentCluster& cluster, const PlannedNode& node);

}  // namespace flatlan::lab
