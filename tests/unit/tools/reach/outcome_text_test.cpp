#include <gtest/gtest.h>

#include "tests/unit/tools/reach/sample_outcome.hpp"

namespace flatlan::reach {
namespace {

constexpr unsigned kScreen = 80;

/// The part of the text that is the matrix.
std::string matrix_of(const Outcome& shown, unsigned columns = kScreen) {
    std::string text = outcome_text(shown, columns);
    const auto start = text.find("From (row)");
    return start == std::string::npos ? ""
                                      : text.substr(start, text.find("\n\n", start) + 1 - start);
}

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    for (std::size_t start = 0, end = 0; end != std::string::npos; start = end + 1) {
        end = text.find('\n', start);
        widest = std::max(widest, std::min(end, text.size()) - start);
    }
    return widest;
}

TEST(OutcomeText, OfFourPodsShowsThemAll) {
    EXPECT_EQ(outcome_text(sample_outcome(2, 2, never), kScreen),
              "From (row) to (column), failed checks of all:\n"
              "                1   2   3   4   5   6\n"
              "1  n1  node/n1  ok  ok  ok  ok  ok  ok\n"
              "2  n1  p1       ok  ok  ok  ok  ok  ok\n"
              "3  n1  p2       ok  ok  ok  ok  ok  ok\n"
              "4  n2  node/n2  ok  ok  ok  ok  ok  ok\n"
              "5  n2  p3       ok  ok  ok  ok  ok  ok\n"
              "6  n2  p4       ok  ok  ok  ok  ok  ok\n"
              "\n"
              "4 pods, 2 nodes: 36 checks in 250 ms, all hold\n");
}

TEST(OutcomeText, TellsCausesFirstThenChecksThenTheMatrix) {
    const std::string text =
        outcome_text(sample_outcome(2, 2,
                                    [](const auto& from, const auto& to) {
                                        return from.name == "default/p1" && to.name == "default/p3";
                                    }),
                     kScreen);
    const auto cause = text.find("no_route: default/p1 to default/p3");
    const auto check = text.find("    p1 to p3, UDP over IPv4: no_route\n");
    const auto row = text.find("2  n1  p1       ok   ok   ok   ok   1/1  ok\n");
    const auto figures = text.find("36 checks in 250 ms, 1 failed");
    EXPECT_LT(cause, check);
    EXPECT_LT(check, row);
    EXPECT_LT(row, figures);
    EXPECT_NE(figures, std::string::npos) << text;
}

// Some of a cluster's causes are told in the words of its machines.
TEST(OutcomeText, LetsNoWordOfAPeerSteerTheTerminal) {
    Outcome shown = sample_outcome(2, 2, never);
    const std::string steering = "\x1b[2J\r";
    shown.causes.push_back({probe::Verdict::unknown, "node/n2" + steering, "scope" + steering,
                            "evidence" + steering, "mend" + steering, 0, 0});
    const std::string text = outcome_text(shown, kScreen);
    EXPECT_EQ(text.find_first_of(steering.substr(0, 1) + "\r"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(    mend: mend\x1b[2J\x0d)"), std::string::npos) << text;
}

TEST(OutcomeText, OfFourHundredPodsShowsTheirNodesWithThoseThatFailFirst) {
    const Outcome shown = sample_outcome(20, 20, [](const auto& from, const auto& to) {
        return (from.node->text() == "n7" && to.node->text() == "n12") ||
               (from.name == "default/p399" && to.name == "default/p1");
    });
    EXPECT_EQ(matrix_of(shown),
              "From (row) to (column), by node: . all hold, x some fail, X all fail\n"
              "                  11111111112\n"
              "         12345678901234567890\n"
              "1   n1   ....................\n"
              "2   n7   ..X.................\n"
              "3   n12  ....................\n"
              "4   n20  x...................\n"
              "5   n2   ....................\n"
              "6   n3   ....................\n"
              "7   n4   ....................\n"
              "8   n5   ....................\n"
              "9   n6   ....................\n"
              "10  n8   ....................\n"
              "11  n9   ....................\n"
              "12  n10  ....................\n"
              "13  n11  ....................\n"
              "14  n13  ....................\n"
              "15  n14  ....................\n"
              "16  n15  ....................\n"
              "17  n16  ....................\n"
              "18  n17  ....................\n"
              "19  n18  ....................\n"
              "20  n19  ....................\n");
}

TEST(OutcomeText, CountsFailedTrialsApartFromChecks) {
    Outcome shown = sample_outcome(2, 1, never);
    const auto add = [&](const probe::Pair& pair) {
        shown.report.failures.push_back(
            {pair,
             shown.plan.lanes.front(),
             {probe::Property::largest_arrives, probe::Verdict::mtu_black_hole},
             probe::Evidence{.trial = "1400 octets came, 1450 did not"}});
    };
    add(shown.plan.pairs[1]);
    shown.trials.counts = {{.kind = trial::TrialKind::path_mtu, .tried = 2, .failed = 1}};
    const std::string text = outcome_text(shown, kScreen);
    EXPECT_NE(text.find("failed checks of all+failed trials:"), std::string::npos) << text;
    EXPECT_NE(text.find(" 0/1+1 "), std::string::npos) << text;
    EXPECT_NE(text.find("16 checks in 250 ms, 1 trial failed\n"), std::string::npos) << text;
}

TEST(OutcomeText, TellsOfPairsThatHaveNoFamilyInCommon) {
    Outcome shown = sample_outcome(2, 1, never);
    shown.members[1].addresses = {};
    const std::string text = outcome_text(shown, kScreen);
    EXPECT_NE(
        text.find("all that was tested holds, 7 pairs were not tried: no family of addresses"),
        std::string::npos)
        << text;
}

TEST(OutcomeText, FitsAScreenWithHundredsOfNodes) {
    const Outcome shown = sample_outcome(300, 1, [](const auto& from, const auto& to) {
        return from.node->text() == "n250" && to.node->text() == "n9";
    });
    const std::string matrix = matrix_of(shown);
    EXPECT_LE(widest_line(matrix), std::size_t{kScreen});
    EXPECT_NE(matrix.find("\n1    n9    .."), std::string::npos) << matrix;
    EXPECT_NE(matrix.find("\n2    n250  X."), std::string::npos) << matrix;
    EXPECT_NE(matrix.find("and 260 more nodes, to and from which all hold\n"), std::string::npos)
        << matrix;
}

}  // namespace
}  // namespace flatlan::reach
