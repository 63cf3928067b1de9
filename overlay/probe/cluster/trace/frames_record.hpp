#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/probe/trace/captured_frame.hpp"

namespace flatlan::trace {

/// The packets of a trace as one machine captured them: a record as of facts_record.hpp. Error
/// exhausted when it is more than kAnswerMaxBytes.
Result<std::string> frames_record(std::span<const KeptFrame> frames, const Atlas& atlas);
Result<std::vector<KeptFrame>> frames_from_record(std::string_view text, const Atlas& atlas);

}  // namespace flatlan::trace
