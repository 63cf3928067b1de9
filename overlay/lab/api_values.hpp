#pragma once

#include <string>
#include <string_view>

#include "overlay/base/result.hpp"
#include "overlay/lab/lab_client.hpp"
#include "overlay/pod/container/pod_launch.hpp"

/// The small values of the supervisor's API (api_message.hpp) and their JSON. Reading fails with
/// code corrupt when the text is not what to_json makes.
namespace flatlan::lab {

/// The supervisor's descriptors of a pod's or node's namespaces: who joins them opens
/// /proc/SUPERVISOR/fd/NUMBER.
struct SandboxDescriptors {
    int network = -1;
    int uts = -1;
    int ipc = -1;
    int mounts = -1;  ///< -1: the supervisor's own
};

std::string to_json(const SandboxDescriptors& sandbox);
Result<SandboxDescriptors> sandbox_descriptors_from_json(std::string_view text);

std::string to_json(const pod::ContainerEntry& entry);
Result<pod::ContainerEntry> container_entry_from_json(std::string_view text);

std::string to_json(const ApplyReport& report);
Result<ApplyReport> apply_report_from_json(std::string_view text);

std::string to_json(const ScaleRequest& request);
Result<ScaleRequest> scale_request_from_json(std::string_view text);

std::string to_json(const ScaleReport& report);
Result<ScaleReport> scale_report_from_json(std::string_view text);

/// The body of POST /v1/apply.
struct ApplyRequest {
    std::string file;  ///< what the lab file is called in messages
    std::string text;
};

std::string to_json(const ApplyRequest& request);
Result<ApplyRequest> apply_request_from_json(std::string_view text);

}  // namespace flatlan::lab
