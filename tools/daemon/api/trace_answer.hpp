#pragma once

#include <string>
#include <string_view>

#include "overlay/base/result.hpp"
#include "tools/trace/answer.hpp"

namespace flatlan::daemon {

/// With its capture where there is one, else the report alone (tools/cli/schema/trace.json).
std::string to_json(const trace::TraceAnswer& answer);
/// Errors: corrupt for a text that to_json has not made; unsupported where a capture is wanted of a
/// daemon that knows of none.
Result<trace::TraceAnswer> trace_answer_from_json(std::string_view text, bool with_capture);

}  // namespace flatlan::daemon
