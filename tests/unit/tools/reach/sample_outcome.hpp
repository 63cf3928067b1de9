#pragma once

#include <functional>

#include "tests/unit/overlay/probe/members.hpp"
#include "tools/reach/outcome.hpp"

namespace flatlan::reach {

/// An outcome over UDP and IPv4 of a cluster in which the pairs that `fails` names fail.
inline Outcome sample_outcome(
    std::uint32_t nodes, std::uint32_t pods_a_node,
    const std::function<bool(const probe::Member&, const probe::Member&)>& fails) {
    Outcome made;
    made.lab = "demo";
    made.members = probe::cluster_of(nodes, pods_a_node);
    made.nodes = nodes;
    made.pods = made.members.size() - nodes;
    probe::PlanRequest request;
    request.families = {IpFamily::ipv4};
    request.protocols = {probe::Protocol::udp};
    made.plan = probe::make_plan(made.members, request).value();
    for (const probe::Pair& pair : made.plan.pairs)
        if (fails(made.members[pair.from.value()], made.members[pair.to.value()]))
            made.report.failures.push_back({pair,
                                            made.plan.lanes.front(),
                                            {probe::Property::arrives, probe::Verdict::no_route},
                                            probe::Evidence{.tries = 3}});
    made.report.tally.checks = made.plan.pairs.size();
    made.report.took = std::chrono::milliseconds{250};
    made.causes = probe::find_causes(made.members, made.plan, made.report.failures);
    return made;
}

/// For a cluster in which all is well.
inline bool never(const probe::Member&, const probe::Member&) { return false; }

}  // namespace flatlan::reach
