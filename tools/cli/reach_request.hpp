#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "overlay/base/time.hpp"
#include "tools/cli/arguments.hpp"
#include "tools/reach/outcome.hpp"

namespace flatlan::cli {

/// The flags that say what a reachability test tries, the same for `flatlan reach` and
/// `flatlan-reach`.
std::vector<OptionUsage> reach_options();

/// What they ask for. Errors, all invalid_argument with the flag in `where`.
Result<reach::TestRequest> reach_request(const Arguments& arguments);

/// How often a test is made, and the time from the end of one to the start of the next.
struct ReachRounds {
    std::optional<std::uint64_t> count;  ///< empty: until the program is interrupted
    Duration pause;

    bool repeated() const { return count != 1; }
};
/// What --watch and --rounds ask for. Errors, all invalid_argument with the flag in `where`.
Result<ReachRounds> reach_rounds(const Arguments& arguments);

}  // namespace flatlan::cli
