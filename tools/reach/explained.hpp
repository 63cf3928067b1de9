#pragma once

#include <span>
#include <vector>

#include "tools/reach/outcome.hpp"

namespace flatlan::reach {

/// What is behind failures, and how much of them was not looked into.
struct Causes {
    std::vector<probe::Cause> found;
    std::size_t untraced = 0;  ///< as trace::Attribution's
};

/// What is behind failures, which get the verdicts that explain them. Without `explain` it is what
/// the ends of their pairs saw. Errors: those of `explain`.
Result<Causes> causes_of(std::span<const probe::Member> members, const probe::Plan& plan,
                         std::vector<probe::Failure>& failures, const Explain& explain);

}  // namespace flatlan::reach
