#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"
#include "overlay/lab/fault/catalogue.hpp"
#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/machine/machine_report.hpp"

/// The JSON answers, each on one line without a line feed. Their fields may be added to and are
/// never renamed; tools/cli/schema has a schema for each. `ps` is lab::to_json.
namespace flatlan::cli {

/// schema/error.json
std::string error_json(const Error& error);
/// schema/ls.json
std::string ls_json(std::span<const lab::LabEntry> labs);
/// schema/up.json
std::string up_json(const lab::LabStatus& status, Duration took,
                    const std::vector<std::string>& warnings);
/// schema/apply.json
std::string apply_json(const LabName& lab, const lab::ApplyReport& report, Duration took,
                       const std::vector<std::string>& warnings);
/// schema/scale.json
std::string scale_json(const LabName& lab, const lab::ScaleRequest& request,
                       const lab::ScaleReport& report, Duration took);
/// schema/down.json
std::string down_json(const LabName& lab, Duration took);
/// schema/upkeep.json
std::string upkeep_json(const LabName& lab, bool on);
/// schema/node-power.json
std::string node_power_json(const LabName& lab, const NodeName& node, bool on);
/// schema/fault-kinds.json
std::string fault_kinds_json(std::span<const lab::FaultKind> kinds);
/// schema/doctor.json
std::string doctor_json(const lab::MachineReport& report);
/// schema/version.json
std::string version_json();

/// "0.1.0", the version that CMake was told.
std::string_view program_version();

}  // namespace flatlan::cli
