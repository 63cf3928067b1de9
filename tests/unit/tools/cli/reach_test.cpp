#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

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
    EXPECT_THAT(labs.reach_requests[0].families, SizeIs(2));
    EXPECT_THAT(labs.reach_requests[0].protocols, SizeIs(3));
    EXPECT_TRUE(labs.reach_requests[0].with_nodes);
}

TEST(ReachVerb, NarrowsTheTestByItsFlags) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    run_flatlan(labs, {"reach", "--family", "6", "--protocol", "tcp", "--from", "web", "--sample",
                       "9", "--pods-only"});
    ASSERT_THAT(labs.reach_requests, SizeIs(1));
    const probe::PlanRequest& request = labs.reach_requests[0];
    EXPECT_THAT(request.families, ElementsAre(IpFamily::ipv6));
    EXPECT_THAT(request.protocols, ElementsAre(probe::Protocol::tcp));
    ASSERT_THAT(request.pairs, SizeIs(1));
    EXPECT_EQ(request.pairs[0].from, "web");
    EXPECT_EQ(request.pairs[0].to, "*");
    EXPECT_EQ(request.sample, 9U);
    EXPECT_FALSE(request.with_nodes);
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
    EXPECT_EQ(run_flatlan(labs, {"reach", "--sample", "few"}).status, ExitStatus::wrong_input);
}

}  // namespace
}  // namespace flatlan::cli
