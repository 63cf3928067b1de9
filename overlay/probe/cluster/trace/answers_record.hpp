#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/probe/cluster/trace/facts_record.hpp"

namespace flatlan::trace {

/// The answers to several questions at once: a record as of facts_record.hpp with all of their
/// records.
inline constexpr std::size_t kAnswersMaxBytes = 2 * kAnswerMaxBytes;
/// Error exhausted when they are more than kAnswersMaxBytes together.
Result<std::string> answers_record(const std::vector<std::string>& answers);
/// Corrupt also where they are not `count`.
Result<std::vector<std::string>> answers_from_record(std::string_view text, std::size_t count);

}  // namespace flatlan::trace
