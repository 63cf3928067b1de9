#pragma once

#include <functional>
#include <vector>

#include "tools/cli/lab_service.hpp"
#include "tools/cli/verb.hpp"
#include "tools/daemon/api/cluster_client.hpp"

namespace flatlan::cli {

/// The table of verbs, in the order of `flatlan --help`. `labs` must outlive it.
std::vector<Verb> make_verbs(LabService& labs);

// Each in a file of its name: verb_up.cpp and so on.
Verb up_verb(LabService& labs);
Verb apply_verb(LabService& labs);
Verb down_verb(LabService& labs);
Verb ls_verb(LabService& labs);
Verb ps_verb(LabService& labs);
Verb exec_verb(LabService& labs);
Verb logs_verb(LabService& labs);
Verb scale_verb(LabService& labs);
Verb lesson_verb();
Verb exercise_verb(LabService& labs);
Verb reach_verb(LabService& labs);
/// What traces through the cluster of the flatland at a socket; a test brings its own.
using ClusterTrace = std::function<Result<trace::TraceAnswer>(const std::string& socket,
                                                              const trace::TraceWish& wish)>;
Verb trace_verb(LabService& labs, ClusterTrace cluster = daemon::trace_cluster);
Verb capture_verb(LabService& labs);
Verb forward_verb(LabService& labs);
Verb upkeep_verb(LabService& labs);
Verb node_verb(LabService& labs);
Verb fault_verb(LabService& labs);
Verb ipam_verb(LabService& labs);
Verb cni_verb();
Verb doctor_verb(LabService& labs);
Verb completion_verb();
Verb version_verb();

/// Carries out a reachability test, of whatever it is.
using ReachTest = std::function<Result<reach::Outcome>(const reach::TestRequest& request)>;
/// What reach does with its arguments: tests, prints what was found, as JSON or as text, and writes
/// the reports asked for; no when a check failed.
Result<ExitStatus> run_reach(const Arguments& arguments, Console& console, const ReachTest& test);

/// The hidden verb behind the completion scripts. `verbs` are those that it completes.
Verb complete_verb(LabService& labs, std::vector<Verb> verbs);

}  // namespace flatlan::cli
