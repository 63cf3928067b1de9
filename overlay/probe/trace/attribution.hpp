#pragma once

#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "overlay/probe/explanation.hpp"
#include "overlay/probe/judge.hpp"
#include "overlay/probe/trace/report.hpp"

namespace flatlan::trace {

/// So many pairs are traced with real packets at most; the tables alone explain the others.
inline constexpr std::size_t kTracesMax = 64;
/// After so many traces that find nothing, which take longest, no more are made.
inline constexpr std::size_t kUnknownMax = 2;

/// What explains each failure of a reachability test; the texts belong to it.
struct Attribution {
    std::deque<probe::Explanation> texts;
    std::vector<const probe::Explanation*> of_failure;  ///< null where nothing was found
    std::size_t untraced = 0;  ///< failures that nothing explains, and for which no trace was left
};

/// Sends real packets between two places.
using TracePair =
    std::function<Result<TraceReport>(PlaceId from, PlaceId to, const probe::Lane& lane)>;

/// Finds for each failure the fault behind it. First the tables: a walk there and back of each pair
/// that fails, which costs next to nothing once a place is known; of each fault that they foretell
/// one pair is traced. Of what they do not explain one pair is traced at a time, that whose way has
/// been traced least, and its fault also explains all that fail in the same manner and pass the
/// same place, on every lane from which such a fault takes packets.
Result<Attribution> attribute(const Atlas& atlas, Inquiry& inquiry,
                              std::span<const probe::Member> members,
                              std::span<const probe::Failure> failures,
                              const TracePair& trace_pair);

}  // namespace flatlan::trace
