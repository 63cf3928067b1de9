#pragma once

#include <vector>

#include "overlay/probe/cluster/probe_records.hpp"
#include "overlay/probe/cluster/trial_records.hpp"
#include "overlay/probe/report.hpp"
#include "tools/daemon/api/cluster_answer.hpp"

namespace flatlan::daemon {

/// A test of a cluster as if one machine had made it.
struct JoinedTest {
    std::vector<probe::Member> members;
    probe::Roster roster;
    probe::Plan plan;
    probe::Report report;  ///< of the checks
    std::vector<trial::Trial> trials;
    trial::TrialReport trial_report;
    std::vector<ClusterAnswer::Silent> incomplete;  ///< nodes that did not do all of their part
};

/// Joins what all nodes told. Error corrupt for a record that cannot be read.
Result<JoinedTest> join_answer(const ClusterAnswer& answer);

}  // namespace flatlan::daemon
