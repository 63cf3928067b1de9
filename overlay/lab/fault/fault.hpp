#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/result.hpp"

/// Faults on request: what goes wrong in real clusters, made in a running lab and taken away again,
/// so that people and tests can look at it.
namespace flatlan::lab {

/// A fault that somebody wants.
struct FaultRequest {
    std::string fault;  ///< its name in the catalogue
    std::string at;     ///< "default/web", "node/n1" or "underlay"
    /// Whose packets it concerns, named in the same way; empty where the fault concerns all.
    std::string towards{};
    std::optional<IpFamily> family{};  ///< only of this family; none: of both
};

/// A fault that was made and not taken away.
struct FaultRecord {
    unsigned number = 0;  ///< by which it is taken away; never used twice in a lab
    FaultRequest request;
    std::string made;  ///< what was changed, one clause
};

std::string to_json(const FaultRequest& request);
/// Error corrupt when the text is not what to_json makes; so of the others.
Result<FaultRequest> fault_request_from_json(std::string_view text);

std::string to_json(const std::vector<FaultRecord>& faults);
Result<std::vector<FaultRecord>> fault_records_from_json(std::string_view text);

}  // namespace flatlan::lab
