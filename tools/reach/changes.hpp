#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/reach/outcome.hpp"

namespace flatlan::reach {

/// What became of a check since the test before. Checks are compared by their members' names:
/// pods may have come and gone between.
struct Change {
    enum class Kind : std::uint8_t {
        fails,     ///< and did not before
        differs,   ///< it fails otherwise than before
        mended,    ///< it failed before
        untested,  ///< it failed before, and of its members one is not in the test any more
    };
    std::string from;
    std::string to;
    probe::Lane lane;
    Kind kind{};
    probe::Verdict verdict{};  ///< of the failure, now or before
    probe::Verdict before{};   ///< of one that differs
};

/// All of them, in the order of their kinds.
std::vector<Change> changes_since(const Outcome& before, const Outcome& now);

/// One line for each of the first ten, and how many more there are; empty without changes.
std::string changes_text(const std::vector<Change>& changes);

/// One line for each node of a cluster that could not be tested, or not wholly, and why, where that
/// was not so in the test before; then one for each that was so and is so no longer.
std::string untested_changes_text(const Outcome& before, const Outcome& now);

}  // namespace flatlan::reach
