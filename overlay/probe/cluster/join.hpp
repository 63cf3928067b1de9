#pragma once

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "overlay/probe/cluster/notes.hpp"
#include "overlay/probe/cluster/probe_records.hpp"
#include "overlay/probe/report.hpp"

namespace flatlan::probe {

/// What came in of one node.
struct NodeNotes {
    NodeName node;
    SentSummary summary{};
    Notes sent{};
    /// None where the node fell silent after it had sent: then nobody knows what its receivers saw.
    std::optional<Notes> seen{};
};

/// Judges each check by what both ends' machines saw of it: the failures as one machine that sees
/// both would find them, sorted by pair and lane, and the sum of the tallies. Of a pair whose
/// receiver's node tells nothing, what the sender saw must do. What nobody said anything of is
/// tester_overloaded where one of the two machines was held up.
Report join_notes(std::span<const Member> members, const Plan& plan,
                  const std::vector<NodeNotes>& nodes);

}  // namespace flatlan::probe
