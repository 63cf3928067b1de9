#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/probe/trace/report.hpp"

namespace flatlan::daemon {

/// What came of a trace through a cluster.
struct TraceAnswer {
    trace::TraceReport report;
    std::vector<std::byte> capture{};  ///< a pcapng file; empty unless it was wanted
};

/// With its capture where there is one, else the report alone (tools/cli/schema/trace.json).
std::string to_json(const TraceAnswer& answer);
/// Errors: corrupt for a text that to_json has not made; unsupported where a capture is wanted of a
/// daemon that knows of none.
Result<TraceAnswer> trace_answer_from_json(std::string_view text, bool with_capture);

}  // namespace flatlan::daemon
