#pragma once

#include <optional>

#include "overlay/lab/agents/programs.hpp"
#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_spec.hpp"
#include "overlay/lab/runtime_directory.hpp"
#include "overlay/lab/start_report.hpp"

namespace flatlan::lab {

/// What a supervisor is started with.
struct SupervisorTask {
    LabSpec spec;
    LabPlan plan;
    std::optional<AgentPrograms> programs;  ///< with Agents::process
    /// As it was found outside, where the lab's root may be an ordinary user.
    RuntimeDirectory runtime;
};

/// A lab's whole life, as PID 1 of its namespaces (launch.hpp): makes the nodes and pods, reports
/// each step, serves the API, and ends when asked to, by the API or by SIGTERM. Returns the exit
/// status: 0, or 1 when the lab could not be made. What is left when it ends, the kernel frees.
int supervise(const SupervisorTask& task, StartReporter reporter);

}  // namespace flatlan::lab
