#pragma once

#include <string>
#include <string_view>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"

namespace flatlan::daemon {

/// A span as people write it: "90s", "15m", "1h30m", "2d". At least a second, at most a hundred
/// years. Error: invalid_argument.
Result<Duration> span_from_text(std::string_view text);

/// "1h30m", "2d1m": the two largest units of which it has any.
std::string span_text(Duration span);

}  // namespace flatlan::daemon
