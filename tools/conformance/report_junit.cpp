#include <cstdio>

#include "tools/conformance/trial_run.hpp"
#include "tools/reach/report/xml_text.hpp"

namespace flatlan::conformance {
namespace {

using reach::xml_escaped;

std::string seconds(Duration took) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6f", static_cast<double>(took.count()) / 1e9);
    return text;
}

/// `tests`, `failures` and so on, as suites have them.
std::string counts(std::size_t tests, std::size_t failures, std::size_t skipped) {
    return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) +
           "\" errors=\"0\" skipped=\"" + std::to_string(skipped) + "\"";
}

std::string case_xml(const Clause& clause, const Finding& finding) {
    std::string xml = "    <testcase classname=\"" + xml_escaped(clause.id) + "\" name=\"" +
                      xml_escaped(clause.title) + " (" +
                      std::string{cni::to_string(finding.version)} + ")\" time=\"" +
                      seconds(finding.took) + "\"";
    if (finding.verdict == Verdict::pass) return xml + "/>\n";
    const std::string seen = xml_escaped(finding.seen);
    xml += ">\n      ";
    if (finding.verdict == Verdict::fail)
        xml += "<failure type=\"" + std::string{to_string(clause.level)} + "\" message=\"" + seen +
               "\"/>\n";
    else
        xml += "<skipped message=\"" + seen + "\"/>\n";
    return xml + "    </testcase>\n";
}

}  // namespace

std::string report_junit(const Report& report) {
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"" +
                      xml_escaped("CNI conformance of " + report.plugin) + "\"" +
                      counts(report.findings.size(), report.count(Verdict::fail),
                             report.count(Verdict::not_applicable)) +
                      " time=\"" + seconds(report.took) + "\">\n";
    // A suite for each group, the word before the point.
    for (std::size_t begin = 0, end = 0; begin < report.findings.size(); begin = end) {
        const auto group = [&](std::size_t i) {
            const std::string_view id = report.clauses[report.findings[i].clause].id;
            return id.substr(0, id.find('.'));
        };
        std::string cases;
        std::size_t failures = 0;
        std::size_t skipped = 0;
        for (end = begin; end < report.findings.size() && group(end) == group(begin); ++end) {
            const Finding& finding = report.findings[end];
            cases += case_xml(report.clauses[finding.clause], finding);
            failures += finding.verdict == Verdict::fail ? 1 : 0;
            skipped += finding.verdict == Verdict::not_applicable ? 1 : 0;
        }
        xml += "  <testsuite name=\"" + std::string{group(begin)} + "\"" +
               counts(end - begin, failures, skipped) + ">\n" + cases + "  </testsuite>\n";
    }
    return xml + "</testsuites>\n";
}

}  // namespace flatlan::conformance
