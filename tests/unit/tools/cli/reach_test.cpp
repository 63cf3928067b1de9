#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/tools/cli/fake_labs.hpp"
#include "tools/cli/reach_program.hpp"

namespace flatlan::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(ReachVerb, AsksForEverythingUnlessToldOtherwise) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    EXPECT_EQ(run_flatlan(labs, {"reach"}).status, ExitStatus::yes);
    ASSERT_THAT(labs.reach_requests, SizeIs(1));
    EXPECT_THAT(labs.reach_requests[0].plan.families, SizeIs(2));
    EXPECT_THAT(labs.reach_requests[0].plan.protocols, SizeIs(3));
    EXPECT_TRUE(labs.reach_requests[0].plan.with_nodes);
}

TEST(ReachVerb, NarrowsTheTestByItsFlags) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    run_flatlan(labs, {"reach", "--family", "6", "--protocol", "tcp", "--from", "pod-1", "--sample",
                       "9", "--pods-only"});
    ASSERT_THAT(labs.reach_requests, SizeIs(1));
    const probe::PlanRequest& request = labs.reach_requests[0].plan;
    EXPECT_THAT(request.families, ElementsAre(IpFamily::ipv6));
    EXPECT_THAT(request.protocols, ElementsAre(probe::Protocol::tcp));
    ASSERT_THAT(request.pairs, SizeIs(1));
    EXPECT_EQ(request.pairs[0].from, "default/pod-1");
    EXPECT_EQ(request.pairs[0].to, "*");
    EXPECT_EQ(request.sample, 9U);
    EXPECT_FALSE(request.with_nodes);
}

TEST(ReachVerb, TriesLargePacketsOfSomePairsOfAllOrOfNone) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    run_flatlan(labs, {"reach"});
    run_flatlan(labs, {"reach", "--deep"});
    run_flatlan(labs, {"reach", "--quick"});
    ASSERT_THAT(labs.reach_requests, SizeIs(3));
    EXPECT_EQ(labs.reach_requests[0].trials, trial::TrialExtent::covering);
    EXPECT_EQ(labs.reach_requests[1].trials, trial::TrialExtent::all);
    EXPECT_EQ(labs.reach_requests[2].trials, trial::TrialExtent::none);
    EXPECT_EQ(run_flatlan(labs, {"reach", "--deep", "--quick"}).status, ExitStatus::wrong_input);
}

/// `flatlan-reach --cluster` with a daemon that answers as the test says.
struct ClusterReach : testing::Test {
    std::pair<ExitStatus, std::string> run(const std::vector<std::string>& words) {
        std::ostringstream out;
        Console console{.out = out, .err = out, .out_terminal = {}, .err_terminal = {}};
        const ExitStatus status =
            run_reach_program(labs, words, console,
                              [&](const std::string& socket,
                                  const reach::TestRequest& request) -> Result<reach::Outcome> {
                                  asked = socket;
                                  requests.push_back(request);
                                  before_answer();
                                  return found;
                              });
        return {status, out.str()};
    }

    const probe::Cause silent{.verdict = probe::Verdict::unknown,
                              .hop = "node/n3",
                              .scope = "what concerns node n3",
                              .evidence = "n3 did not answer the request",
                              .mend = {},
                              .pairs = 0,
                              .checks = 0};
    FakeLabs labs;
    std::string asked;
    std::vector<reach::TestRequest> requests;
    reach::Outcome found;
    std::function<void()> before_answer = [] {};
};

TEST_F(ClusterReach, AsksTheNodesDaemon) {
    EXPECT_EQ(run({"--cluster", "--protocol", "udp"}).first, ExitStatus::yes);
    EXPECT_EQ(asked, daemon::kSocketPath);
    ASSERT_THAT(requests, SizeIs(1));
    EXPECT_THAT(requests[0].plan.protocols, ElementsAre(probe::Protocol::udp));
    run({"--cluster", "--socket", "/tmp/other.sock"});
    EXPECT_EQ(asked, "/tmp/other.sock");
}

TEST_F(ClusterReach, SaysWhatWasNotTested) {
    found.causes = {silent};
    const auto [status, text] = run({"--cluster"});
    EXPECT_EQ(status, ExitStatus::no);
    EXPECT_THAT(text, HasSubstr("n3 did not answer the request"));
    EXPECT_THAT(text, HasSubstr("all that was tested holds, 1 node was not tested, or not wholly"));
}

TEST_F(ClusterReach, TellsInAWatchWhenANodeIsSilentAndWhenItIsBack) {
    std::size_t rounds = 0;
    before_answer = [&] {
        if (++rounds == 2) found.causes = {silent};
        if (rounds == 3) found.causes.clear();
    };
    const auto [watched, lines] = run({"--cluster", "--watch", "0", "--rounds", "3"});
    EXPECT_EQ(watched, ExitStatus::yes) << "all was tested in the last of them";
    EXPECT_THAT(lines,
                testing::ContainsRegex(
                    "  all that was tested holds, 1 node was not tested, or not wholly, "
                    "changed:\n    node/n3: not tested, or not wholly: n3 did not answer the "
                    "request\n[0-9:]+  all hold, changed:\n    node/n3: tested again\n$"));
    rounds = 0;
    EXPECT_EQ(run({"--cluster", "--watch", "0", "--rounds", "2"}).first, ExitStatus::no)
        << "a node was silent in the last of them";
}

TEST_F(ClusterReach, IsCalledByItsOwnName) {
    const auto [helped, help] = run({"--help"});
    EXPECT_EQ(helped, ExitStatus::yes);
    EXPECT_THAT(help, HasSubstr("Usage\n  flatlan-reach [LAB] [OPTION...]\n"));
    EXPECT_THAT(help, testing::Not(HasSubstr("flatlan reach")));
    const auto [status, text] = run({"--clutser"});
    EXPECT_EQ(status, ExitStatus::wrong_input);
    EXPECT_THAT(text, HasSubstr("'flatlan-reach' has no such option (expected --cluster)"));
}

TEST_F(ClusterReach, RefusesWhatNamesAnotherPlace) {
    EXPECT_EQ(run({"--cluster", "demo"}).first, ExitStatus::wrong_input);
    EXPECT_EQ(run({"--cluster", "--netns", "/a", "/b"}).first, ExitStatus::wrong_input);
    EXPECT_EQ(run({"--socket", "/tmp/other.sock"}).first, ExitStatus::wrong_input);
}

TEST(ReachVerb, ReadsAListOfPairsAndSaysWhichLineIsWrong) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 2)};
    const support::TemporaryFolder folder;
    const std::string path = folder.path() / "reach-pairs";
    const auto reach = [&](const std::string& text) {
        std::ofstream{path} << text;
        return run_flatlan(labs, {"reach", "--pairs", path});
    };
    EXPECT_EQ(reach("# the way in\npod-1 pod-2\n\nnode/n1 *  # and out\n").status, ExitStatus::yes);
    ASSERT_THAT(labs.reach_requests, SizeIs(1));
    const auto& pairs = labs.reach_requests[0].plan.pairs;
    ASSERT_THAT(pairs, SizeIs(2));
    EXPECT_EQ(pairs[0].to, "default/pod-2");
    EXPECT_EQ(pairs[1].from, "node/n1");
    EXPECT_EQ(pairs[1].to, "*");

    EXPECT_THAT(reach("pod-1 pod-2\npod-1\n").err, HasSubstr(path + ":2"));
    EXPECT_EQ(reach("# nothing\n").status, ExitStatus::wrong_input);
    std::filesystem::remove(path);
    EXPECT_EQ(run_flatlan(labs, {"reach", "--pairs", path}).status, ExitStatus::wrong_input);
}

TEST(ReachVerb, WritesNoTwoReportsIntoOneFile) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 2)};
    const support::TemporaryFolder folder;
    const std::string path = folder.path() / "report";
    const Ran ran = run_flatlan(labs, {"reach", "--html", path, "--junit", path});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("--junit"));
    EXPECT_TRUE(labs.reach_requests.empty());
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ReachVerb, NamesTheNearestOfAPodThatIsNotThere) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 2)};
    const Ran ran = run_flatlan(labs, {"reach", "--from", "pod-3"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("pod-3"));
    EXPECT_THAT(ran.err, HasSubstr("pod-2 or pod-1"));
}

TEST(ReachVerb, SaysNoWhenACheckFailed) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    labs.reach_failures.push_back(
        {.pair = {probe::MemberId{0}, probe::MemberId{0}},
         .lane = {IpFamily::ipv4, probe::Protocol::udp},
         .finding = {probe::Property::source_kept, probe::Verdict::source_rewritten},
         .evidence = {}});
    const Ran ran = run_flatlan(labs, {"reach"});
    EXPECT_EQ(ran.status, ExitStatus::no);
    EXPECT_THAT(ran.out, HasSubstr("web to web, UDP over IPv4: source_rewritten"));
}

TEST(ReachVerb, WatchesForAsManyRoundsAsAskedAndSaysWhatChanged) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    const Ran ran = run_flatlan(labs, {"reach", "--watch", "0", "--rounds", "3"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_THAT(labs.reach_requests, SizeIs(3));
    EXPECT_THAT(ran.out, testing::ContainsRegex("[0-9:]+  all hold\n[0-9:]+  all hold\n$"));

    const Ran lines = run_flatlan(labs, {"reach", "--watch", "0", "--rounds", "2", "-o", "json"});
    EXPECT_EQ(std::ranges::count(lines.out, '\n'), 2);
}

TEST(ReachVerb, RefusesRoundsWithoutWatchAndNoRoundAtAll) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"reach", "--rounds", "3"}, {"reach", "--watch", "1", "--rounds", "0"}}) {
        const Ran ran = run_flatlan(labs, words);
        EXPECT_EQ(ran.status, ExitStatus::wrong_input);
        EXPECT_THAT(ran.err, HasSubstr("--rounds"));
    }
    EXPECT_THAT(labs.reach_requests, SizeIs(0));
}

TEST(ReachVerb, RefusesASampleThatIsNoNumber) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    for (const char* const wrong : {"few", "0", ""}) {
        const Ran ran = run_flatlan(labs, {"reach", "--sample", wrong});
        EXPECT_EQ(ran.status, ExitStatus::wrong_input);
        EXPECT_THAT(ran.err, HasSubstr("a whole number from 1 on")) << wrong;
    }
}

}  // namespace
}  // namespace flatlan::cli
