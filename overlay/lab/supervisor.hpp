#pragma once

#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_spec.hpp"
#include "overlay/lab/start_report.hpp"

namespace flatlan::lab {

/// What a supervisor is started with.
struct SupervisorTask {
    LabSpec spec;
    LabPlan plan;
    std::string socket_path;  ///< of the API
};

/// A lab's whole life, as PID 1 of its namespaces (launch.hpp): makes the nodes and pods, reports
/// each step, serves the API, and ends when asked to, by the API or by SIGTERM. Returns the exit
/// status: 0, or 1 when the lab could not be made. What is left when it ends, the kernel frees.
int supervise(const SupervisorTask& task, StartReporter reporter);

}  // namespace flatlan::lab
