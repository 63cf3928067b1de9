#pragma once

#include <string>
#include <vector>

#include "overlay/lab/exec.hpp"
#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/lab_file.hpp"
#include "overlay/lab/machine/machine_report.hpp"
#include "tools/reach/outcome.hpp"

namespace flatlan::cli {

/// What the verbs ask of the machine: the calls of overlay/lab behind one port, so that a test can
/// answer in its place. Contracts and errors stand at the functions of the same name there.
class LabService {
public:
    virtual ~LabService() = default;

    virtual Result<lab::LabFile> read_file(const std::string& path) = 0;
    virtual Result<lab::LabStatus> start(const lab::LabSpec& spec,
                                         const lab::ProgressListener& progress) = 0;
    virtual Result<lab::ApplyReport> apply(const lab::LabFile& file) = 0;
    virtual Result<void> stop(const LabName& lab) = 0;
    virtual Result<std::vector<lab::LabEntry>> list() = 0;
    virtual Result<lab::LabEntry> choose(const std::string& name_or_empty) = 0;
    virtual Result<lab::LabStatus> status(const LabName& lab) = 0;
    virtual Result<int> exec(const lab::LabEntry& lab, const lab::ExecTarget& target,
                             const std::vector<std::string>& command) = 0;
    /// The reachability test, of a lab or of network namespaces by their paths.
    virtual Result<reach::Outcome> reach(const lab::LabEntry& lab,
                                         const probe::PlanRequest& request) = 0;
    virtual Result<reach::Outcome> reach(const std::vector<std::string>& netns_paths,
                                         const probe::PlanRequest& request) = 0;
    virtual lab::MachineReport examine_machine() = 0;
};

}  // namespace flatlan::cli
