#pragma once

#include "overlay/probe/cluster/trace/question.hpp"
#include "overlay/probe/cluster/trace/trace_call.hpp"
#include "overlay/probe/trace/report.hpp"

namespace flatlan::trace {

/// Traces over the machines of both ends, by what they answer: walks there and back by their
/// kernels' tables, has one send tagged packets and both capture them, and concludes from all of
/// it. The atlas has both ends and their nodes ("node/NAME"). What both captured is brought
/// together where `keep_frames`; their clocks may differ. Errors: those of `ask`, and of records.
Result<Traced> trace_over_nodes(const Atlas& atlas, const TraceCall& call, const AskNodes& ask,
                                bool keep_frames);

}  // namespace flatlan::trace
