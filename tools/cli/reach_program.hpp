#pragma once

#include <functional>
#include <span>
#include <string>

#include "tools/cli/console.hpp"
#include "tools/cli/exit_status.hpp"
#include "tools/cli/lab_service.hpp"
#include "tools/cli/verb.hpp"
#include "tools/reach/cluster_outcome.hpp"

namespace flatlan::cli {

/// What tests the cluster of the flatland at a socket; a test brings its own.
using ClusterTest = std::function<Result<reach::Outcome>(const std::string& socket,
                                                         const reach::TestRequest& request)>;

/// The verb reach as `flatlan-reach` has it, with what this program can do besides.
Verb reach_program_verb(LabService& labs, ClusterTest cluster = reach::test_cluster);

/// The whole of `flatlan-reach`: `words` is the command line without the program's name. All words
/// behind `--netns` up to the next flag are paths of network namespaces.
ExitStatus run_reach_program(LabService& labs, std::span<const std::string> words, Console& console,
                             ClusterTest cluster = reach::test_cluster);

}  // namespace flatlan::cli
