#include "tools/cli/status_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/tools/cli/fake_labs.hpp"
#include "tools/cli/table.hpp"

namespace flatlan::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);)
        widest = std::max(widest, display_columns(line));
    return widest;
}

TEST(StatusText, IsATableOfNodesAndOneOfPods) {
    const std::string text = status_text(lab_of("three-nodes", 3, 4), {});
    EXPECT_EQ(text, golden("ps-4-pods.txt", text));
}

TEST(StatusText, StacksTheAddressesOfADualStackLabOnANarrowTerminal) {
    const Terminal narrow{.interactive = true, .columns = 80};
    const std::string text = status_text(lab_of("dual-stack", 2, 3, true), narrow);
    EXPECT_EQ(text, golden("ps-dual-stack.txt", text));
    EXPECT_LE(widest_line(text), 80U);
}

TEST(StatusText, FillsTheTerminalWithAThousandPods) {
    const Terminal terminal{.interactive = true, .columns = 120};
    const std::string text = status_text(lab_of("thousand-pods", 10, 1000), terminal);
    EXPECT_EQ(text, golden("ps-1000-pods.txt", text));
    EXPECT_LE(widest_line(text), 120U);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 250);
}

TEST(StatusText, GivesEachOfAThousandPodsALineInAFile) {
    const std::string text = status_text(lab_of("thousand-pods", 10, 1000), {});
    EXPECT_THAT(text, HasSubstr("\npod-1     n1    Running  10.244.0.1\n"));
    EXPECT_THAT(text, HasSubstr("\npod-1000  n10   Running  10.244.9.100\n"));
    EXPECT_GT(std::count(text.begin(), text.end(), '\n'), 1000);
}

TEST(StatusText, ShowsFirstWhatDoesNotRun) {
    lab::LabStatus status = lab_of("three-nodes", 3, 6);
    status.pods[3].state = lab::Phase::failed;
    status.pods[3].ips = {};
    const std::string text = status_text(status, {});
    EXPECT_THAT(text, HasSubstr("6 pods of which 1 not Running\n"));
    EXPECT_LT(text.find("pod-4  n1    Failed   -"), text.find("pod-1  n1    Running"));
}

TEST(StatusText, ShowsPodsOfANodeThatIsGone) {
    lab::LabStatus status = lab_of("three-nodes", 2, 2);
    status.nodes.pop_back();
    EXPECT_THAT(status_text(status, {}), HasSubstr("pod-2  n2"));
}

TEST(StatusText, HasNoPodTableWhereThereAreNoPods) {
    EXPECT_THAT(status_text(lab_of("empty", 2, 0), {}), Not(HasSubstr("POD ")));
}

}  // namespace
}  // namespace flatlan::cli
