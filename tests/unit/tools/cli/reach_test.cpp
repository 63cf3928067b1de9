#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(ReachVerb, RefusesASampleThatIsNoNumber) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 1)};
    EXPECT_EQ(run_flatlan(labs, {"reach", "--sample", "few"}).status, ExitStatus::wrong_input);
}

}  // namespace
}  // namespace flatlan::cli
