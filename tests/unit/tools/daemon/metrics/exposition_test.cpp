#include "tools/daemon/metrics/exposition.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace flatlan::daemon {
namespace {

TEST(Exposition, WritesAFamilyWithItsHelpAndType) {
    Exposition out;
    out.begin("pods", Exposition::Type::gauge, "Pods that are there.");
    out.add({{"node", "n1"}, {"state", "running"}}, std::uint64_t{3});
    out.add({}, std::uint64_t{0});
    out.counter("seconds_total", "Seconds.", 0.25);
    EXPECT_EQ(out.text(),
              "# HELP pods Pods that are there.\n"
              "# TYPE pods gauge\n"
              "pods{node=\"n1\",state=\"running\"} 3\n"
              "pods 0\n"
              "# HELP seconds_total Seconds.\n"
              "# TYPE seconds_total counter\n"
              "seconds_total 0.25\n");
}

TEST(Exposition, EscapesWhatWouldEndALabelOrALine) {
    Exposition out;
    out.begin("errors", Exposition::Type::gauge, "One\nline \\ \"quoted\".");
    out.add({{"text", "C:\\ \"x\"\ny"}}, std::uint64_t{1});
    EXPECT_EQ(out.text(),
              "# HELP errors One\\nline \\\\ \"quoted\".\n"
              "# TYPE errors gauge\n"
              "errors{text=\"C:\\\\ \\\"x\\\"\\ny\"} 1\n");
}

TEST(Exposition, LosesNoDigitOfALargeNumber) {
    Exposition out;
    out.counter("octets_total", "Octets.", std::numeric_limits<std::uint64_t>::max());
    EXPECT_NE(out.text().find("octets_total 18446744073709551615\n"), std::string::npos);
}

}  // namespace
}  // namespace flatlan::daemon
