#include "overlay/probe/trace/report.hpp"

namespace flatlan::trace {
namespace {

std::vector<TraceReport::Station> stations(const Case& asked, const Walk& walk, PacketKind kind) {
    std::vector<TraceReport::Station> stations;
    for (const Hop& hop : walk.hops)
        stations.push_back({.place = asked.atlas.at(hop.place).name,
                            .device = hop.device,
                            .action = hop.action,
                            .outer = hop.outer,
                            .evidence = hop.evidence,
                            .captured = was_seen(asked.seen, hop, kind)});
    return stations;
}

}  // namespace

TraceReport make_report(const Case& asked) {
    TraceReport report{.from = asked.atlas.at(asked.flow.from).name,
                       .to = asked.atlas.at(asked.flow.to).name,
                       .family = asked.flow.destination.family(),
                       .protocol = asked.protocol};
    report.forth = stations(asked, asked.forth, PacketKind::request);
    report.back = stations(asked, asked.back, PacketKind::answer);
    auto fault = conclude(asked);
    if (!fault) {
        report.reason =
            report.to + " got the packets as they were sent, and their answers came back";
        // A reader must know where tables and packets disagree.
        for (const Walk* const walk : {&asked.forth, &asked.back})
            if (walk->fault)
                report.evidence.push_back("the tables foretold " +
                                          std::string{to_string(walk->fault->verdict)} + ": " +
                                          walk->fault->reason);
        return report;
    }
    report.verdict = fault->verdict;
    report.hop = asked.atlas.at(fault->place).name;
    report.reason = std::move(fault->reason);
    report.evidence = std::move(fault->evidence);
    for (const Unwatched& part : asked.seen.unwatched)
        report.evidence.push_back("at " + asked.atlas.at(part.place).name + " " + part.why);
    report.mend = fault->mend.empty() ? std::string{mend_for(fault->verdict)} : fault->mend;
    return report;
}

}  // namespace flatlan::trace
