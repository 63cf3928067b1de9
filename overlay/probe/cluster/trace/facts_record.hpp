#pragma once

#include <string>
#include <string_view>

#include "overlay/probe/trace/inquiry.hpp"

/// How the machines of a cluster tell each other what their kernels say: records
/// (overlay/control/records.hpp, with the same errors), in which places have their names. What is
/// read is corrupt where it names a place that is not in the atlas.
namespace flatlan::trace {

/// So large is an answer at most: what a place of the largest clusters has, and a few times that.
inline constexpr std::size_t kAnswerMaxBytes = std::size_t{4} * 1024 * 1024;

/// All of a place. Error exhausted when it is more than kAnswerMaxBytes.
Result<std::string> to_record(const PlaceFacts& facts, const Atlas& atlas);
Result<PlaceFacts> facts_from_record(std::string_view text, const Atlas& atlas);

std::string to_record(const RouteAnswer& answer);
Result<RouteAnswer> route_from_record(std::string_view text);

/// A number under /proc/sys, or that there is none.
std::string setting_record(const std::optional<int>& value);
Result<std::optional<int>> setting_from_record(std::string_view text);

/// Why a question has no answer.
std::string to_record(const Error& error);
/// That error where the record tells one, but system instead of invalid_argument: the question was
/// no person's. Otherwise nothing is wrong.
Result<void> check_answer(std::string_view text);

}  // namespace flatlan::trace
