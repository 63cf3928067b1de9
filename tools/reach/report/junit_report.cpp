#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "tools/reach/matrix.hpp"
#include "tools/reach/report/report.hpp"
#include "tools/reach/report/xml_text.hpp"

namespace flatlan::reach {
namespace {

/// Readers of JUnit hold every case in memory, and people look at each.
constexpr std::size_t kPairCasesMax = 20'000;

/// One ordered pair of members, or of nodes, with the words for each way in which it failed.
struct Case {
    std::string name;
    std::set<std::string> failures;
    bool tried = false;
};
/// By the sending node; cases in the order in which they were planned.
struct Suite {
    std::vector<Case> cases;
    std::map<std::string, std::size_t> case_of;
    std::size_t failed() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(cases, [](const Case& one) { return !one.failures.empty(); }));
    }
    std::size_t skipped() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(cases, [](const Case& one) { return !one.tried; }));
    }
};

std::string place(const probe::Member& member) {
    return member.node ? member.node->text() : "elsewhere";
}

class Suites {
public:
    explicit Suites(const Outcome& outcome)
        : outcome_{outcome}, by_node_{outcome.plan.pairs.size() > kPairCasesMax} {
        for (const probe::Pair& pair : outcome.plan.pairs) {
            Case& one = case_of(pair);
            one.tried |= std::ranges::any_of(outcome.plan.lanes, [&](const probe::Lane& lane) {
                return probe::can_try(outcome.members, pair, lane);
            });
        }
        for (const probe::Failure& failure : outcome.report.failures)
            case_of(failure.pair)
                .failures.insert(std::string{to_string(failure.finding.verdict)} + ": " +
                                 to_string(failure.lane) + ", " +
                                 std::string{to_string(failure.finding.property)});
    }
    const std::map<std::string, Suite>& all() const { return suites_; }

private:
    Case& case_of(const probe::Pair& pair) {
        const probe::Member& from = outcome_.members[pair.from.value()];
        const probe::Member& to = outcome_.members[pair.to.value()];
        const std::string name = by_node_ ? place(from) + " to " + place(to)
                                          : short_name(from) + " to " + short_name(to);
        Suite& suite = suites_[place(from)];
        const auto [at, is_new] = suite.case_of.emplace(name, suite.cases.size());
        if (is_new) suite.cases.push_back({.name = name, .failures = {}});
        return suite.cases[at->second];
    }

    const Outcome& outcome_;
    bool by_node_;
    std::map<std::string, Suite> suites_;
};

std::string case_xml(const std::string& suite, const Case& one) {
    std::string xml = "    <testcase classname=\"" + xml_escaped(suite) + "\" name=\"" +
                      xml_escaped(one.name) + "\"";
    if (!one.tried)
        return xml + ">\n      <skipped message=\"no family of addresses in common\"/>\n" +
               "    </testcase>\n";
    if (one.failures.empty()) return xml + "/>\n";
    std::string lines;
    for (const std::string& failure : one.failures)
        lines += failure + "\n";
    const std::string verdict = one.failures.begin()->substr(0, one.failures.begin()->find(':'));
    return xml + ">\n      <failure type=\"" + xml_escaped(verdict) + "\" message=\"" +
           xml_escaped(*one.failures.begin()) + "\">" + xml_escaped(lines) +
           "</failure>\n    </testcase>\n";
}

/// An error of JUnit is what kept a test from telling anything.
std::string untested_xml(const std::vector<const probe::Cause*>& untested) {
    if (untested.empty()) return {};
    const std::string count = std::to_string(untested.size());
    std::string xml = "  <testsuite name=\"not tested\" tests=\"" + count +
                      "\" failures=\"0\" errors=\"" + count + "\" skipped=\"0\">\n";
    for (const probe::Cause* cause : untested)
        xml += "    <testcase classname=\"not tested\" name=\"" + xml_escaped(cause->hop) +
               "\">\n      <error type=\"not_tested\" message=\"" + xml_escaped(cause->evidence) +
               "\"/>\n    </testcase>\n";
    return xml + "  </testsuite>\n";
}

}  // namespace

std::string junit_report(const Outcome& outcome) {
    const Suites suites{outcome};
    const auto untested = outcome.untested();
    std::size_t cases = untested.size();
    std::size_t failed = 0;
    for (const auto& [node, suite] : suites.all()) {
        cases += suite.cases.size();
        failed += suite.failed();
    }
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f",
                  static_cast<double>(outcome.report.took.count()) / 1e9);
    std::string xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"flatlan reach " +
        xml_escaped(outcome.lab) + "\" tests=\"" + std::to_string(cases) + "\" failures=\"" +
        std::to_string(failed) + "\" errors=\"" + std::to_string(untested.size()) + "\" time=\"" +
        seconds + "\">\n";
    for (const auto& [node, suite] : suites.all()) {
        xml += "  <testsuite name=\"from " + xml_escaped(node) + "\" tests=\"" +
               std::to_string(suite.cases.size()) + "\" failures=\"" +
               std::to_string(suite.failed()) + "\" errors=\"0\" skipped=\"" +
               std::to_string(suite.skipped()) + "\">\n";
        if (outcome.report.tester_overloaded())
            xml +=
                "    <properties><property name=\"tester_overloaded\" value=\"true\"/>"
                "</properties>\n";
        for (const Case& one : suite.cases)
            xml += case_xml(node, one);
        xml += "  </testsuite>\n";
    }
    return xml + untested_xml(untested) + "</testsuites>\n";
}

}  // namespace flatlan::reach
