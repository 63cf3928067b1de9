#pragma once

#include <string>
#include <vector>

#include "tools/reach/outcome.hpp"

namespace flatlan::reach {

/// What became of a check since the test before. Checks are compared by their members' names:
/// pods may have come and gone between.
struct Change {
    std::string from;
    std::string to;
    probe::Lane lane;
    bool fails = false;        ///< now, and did not before; else it failed before and does not now
    probe::Verdict verdict{};  ///< of the failure, now or before
};

/// All of them, those that fail first.
std::vector<Change> changes_since(const Outcome& before, const Outcome& now);

/// One line for each of the first ten, and how many more there are; empty without changes.
std::string changes_text(const std::vector<Change>& changes);

/// One line for each node of a cluster that could not be tested, or not wholly, and why, where that
/// was not so in the test before; then one for each that was so and is so no longer.
std::string untested_changes_text(const Outcome& before, const Outcome& now);

}  // namespace flatlan::reach
