#include "overlay/probe/trial/report.hpp"

#include <set>

namespace flatlan::trial {

void blame_path_mtu(std::vector<probe::Failure>& failures) {
    using probe::Property;
    std::set<std::pair<probe::Pair, IpFamily>> narrow;
    for (const probe::Failure& failure : failures)
        if (failure.finding ==
            probe::Finding{Property::largest_arrives, probe::Verdict::mtu_black_hole})
            narrow.insert({failure.pair, failure.lane.family});
    for (probe::Failure& failure : failures)
        if (failure.finding.property == Property::content_kept &&
            failure.finding.verdict == probe::Verdict::checksum_fault &&
            narrow.contains({failure.pair, failure.lane.family}))
            failure.finding.verdict = probe::Verdict::mtu_black_hole;
}

}  // namespace flatlan::trial
