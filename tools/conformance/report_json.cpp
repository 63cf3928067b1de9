#include <nlohmann/json.hpp>

#include "tools/conformance/trial_run.hpp"

namespace flatlan::conformance {

std::string report_json(const Report& report) {
    using nlohmann::ordered_json;
    constexpr std::int64_t kMicrosecond = 1000;
    ordered_json clauses = ordered_json::array();
    for (const Clause& clause : report.clauses)
        clauses.push_back({{"id", clause.id},
                           {"title", clause.title},
                           {"source", clause.source},
                           {"level", to_string(clause.level)},
                           {"findings", ordered_json::array()}});
    for (const Finding& finding : report.findings)
        clauses[finding.clause]["findings"].push_back(
            {{"version", cni::to_string(finding.version)},
             {"verdict", to_string(finding.verdict)},
             {"seen", finding.seen},
             {"took_us", finding.took.count() / kMicrosecond}});
    const ordered_json answer{{"plugin", report.plugin},
                              {"network", report.network},
                              {"supported", report.supported},
                              {"passed", report.count(Verdict::pass)},
                              {"failed", report.count(Verdict::fail)},
                              {"not_applicable", report.count(Verdict::not_applicable)},
                              {"took_us", report.took.count() / kMicrosecond},
                              {"clauses", std::move(clauses)}};
    return answer.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace flatlan::conformance
