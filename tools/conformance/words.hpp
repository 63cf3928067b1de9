#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flatlan::conformance {

/// Text of a plugin as part of a sentence: on one line, printable, cut.
std::string one_line(std::string_view text);

/// "a, b, c"; the rest as "and 7 more" where there are many.
std::string listed(const std::vector<std::string>& items);

}  // namespace flatlan::conformance
