#include <gtest/gtest.h>

#include "tests/unit/tools/reach/sample_outcome.hpp"
#include "tools/reach/report/report.hpp"

namespace flatlan::reach {
namespace {

TEST(JunitReport, HasACaseForEachPairAndSaysWhyOneFails) {
    const Outcome outcome = sample_outcome(1, 1, [](const auto& from, const auto& to) {
        return from.name == "default/p1" && to.name == "node/n1";
    });
    EXPECT_EQ(junit_report(outcome),
              R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="flatlan reach demo" tests="4" failures="1" errors="0" time="0.250">
  <testsuite name="from n1" tests="4" failures="1" errors="0" skipped="0">
    <testcase classname="n1" name="node/n1 to node/n1"/>
    <testcase classname="n1" name="node/n1 to p1"/>
    <testcase classname="n1" name="p1 to node/n1">
      <failure type="no_route" message="no_route: UDP over IPv4, arrives">no_route: UDP over IPv4, arrives
</failure>
    </testcase>
    <testcase classname="n1" name="p1 to p1"/>
  </testsuite>
</testsuites>
)");
}

TEST(JunitReport, SkipsAPairOfWhichNothingWasTried) {
    Outcome outcome = sample_outcome(1, 1, never);
    outcome.members[1].addresses = {};
    const std::string xml = junit_report(outcome);
    EXPECT_NE(xml.find("tests=\"4\" failures=\"0\" errors=\"0\" skipped=\"3\">"), std::string::npos)
        << xml;
    EXPECT_NE(xml.find("name=\"node/n1 to p1\">\n      <skipped message=\"no family"),
              std::string::npos)
        << xml;
}

TEST(JunitReport, OfVeryManyPairsHasACaseForEachPairOfNodes) {
    const std::string xml = junit_report(sample_outcome(
        15, 9, [](const auto&, const auto& to) { return to.name == "default/p135"; }));
    EXPECT_NE(xml.find("tests=\"225\" failures=\"15\""), std::string::npos) << xml.substr(0, 300);
    EXPECT_NE(xml.find("name=\"n7 to n15\">\n      <failure type=\"no_route\""), std::string::npos);
}

TEST(JunitReport, MarksTheFiguresOfAMachineThatWasTooBusy) {
    Outcome outcome = sample_outcome(1, 1, never);
    EXPECT_EQ(junit_report(outcome).find("tester_overloaded"), std::string::npos);
    outcome.report.backlog_drops = 1;
    EXPECT_NE(junit_report(outcome).find("<property name=\"tester_overloaded\" value=\"true\"/>"),
              std::string::npos);
}

TEST(JunitReport, EscapesNames) {
    Outcome outcome = sample_outcome(1, 1, never);
    outcome.members[1].name = "a<b>\"&\x01";
    EXPECT_NE(junit_report(outcome).find("node/n1 to a&lt;b&gt;&quot;&amp;?\""), std::string::npos);
}

}  // namespace
}  // namespace flatlan::reach
