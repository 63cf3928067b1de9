#include "overlay/probe/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace flatlan::probe {
namespace {

using std::chrono::milliseconds;

constexpr Lane kUdp{IpFamily::ipv4, Protocol::udp};

Failure silence(std::uint32_t from, std::uint32_t to) {
    return {.pair = {MemberId{from}, MemberId{to}},
            .lane = kUdp,
            .finding = {Property::arrives, Verdict::unknown},
            .evidence = {.tries = 3}};
}

Report of_a_tenth_of_a_second() {
    Report report;
    report.took = milliseconds{100};
    return report;
}

/// The tester's threads waited so long of a second, while others had so much of two processors'.
RunDelay delay_of(milliseconds waited, milliseconds others) {
    return {waited, milliseconds{1000}, others, milliseconds{2000}};
}

TEST(Report, CallsAMachineTooBusyOnWhichTheTesterWaitsForOthersToHaveTheProcessors) {
    Report report = of_a_tenth_of_a_second();
    report.run_delay = delay_of(milliseconds{100}, milliseconds{1900});
    EXPECT_FALSE(report.tester_overloaded());
    EXPECT_FALSE(report.may_be_late());
    report.run_delay += delay_of(milliseconds{600}, milliseconds{1900});
    EXPECT_TRUE(report.tester_overloaded());
    EXPECT_TRUE(report.may_be_late());
}

// Most of sixteen threads wait for answers most of the time.
TEST(Report, CallsAMachineTooBusyWhoseProcessorsOthersHaveThoughTheTesterHasLittleToDo) {
    Report report = of_a_tenth_of_a_second();
    report.run_delay = delay_of(milliseconds{220}, milliseconds{1550});
    EXPECT_TRUE(report.tester_overloaded());
    EXPECT_TRUE(report.may_be_late());
}

// Many threads of the tester wait for one another on few processors.
TEST(Report, CallsNoMachineTooBusyOnWhichTheTesterWaitsForItself) {
    Report report = of_a_tenth_of_a_second();
    report.run_delay = delay_of(milliseconds{900}, milliseconds{100});
    EXPECT_FALSE(report.tester_overloaded());
    EXPECT_TRUE(report.may_be_late()) << "what did not come is tried again all the same";
}

TEST(Report, CallsAMachineTooBusyThatDropsPacketsOrWakesLate) {
    Report late = of_a_tenth_of_a_second();
    late.stalled = milliseconds{4};
    EXPECT_FALSE(late.tester_overloaded());
    late.stalled = milliseconds{6};
    EXPECT_TRUE(late.tester_overloaded());
    Report dropping = of_a_tenth_of_a_second();
    dropping.backlog_drops = 1;
    EXPECT_TRUE(dropping.tester_overloaded());
}

// What holds at the second try was the tester's own trouble; what does not is only then the
// network's when the machine was quiet.
TEST(Report, ConfirmsFailuresInSilenceOnly) {
    Failure refused = silence(0, 3);
    refused.evidence.refusal = Refusal{.kind = RefusalKind::no_route};
    const std::vector<Failure> first{silence(0, 1), silence(0, 2), refused};
    const Plan again = plan_to_confirm({.pairs = {}, .lanes = {kUdp}}, first, 10);
    EXPECT_EQ(again.pairs, (std::vector<Pair>{silence(0, 1).pair, silence(0, 2).pair}));

    Report second;
    second.failures = {silence(0, 2)};
    std::vector<Failure> confirmed = first;
    confirm_failures(confirmed, again, second);
    ASSERT_EQ(confirmed.size(), 2U);
    EXPECT_EQ(confirmed[0].pair, silence(0, 2).pair);
    EXPECT_EQ(confirmed[0].finding.verdict, Verdict::unknown);
    EXPECT_EQ(confirmed[1].pair, refused.pair);

    second.run_delay = delay_of(milliseconds{900}, milliseconds{100});
    confirmed = first;
    confirm_failures(confirmed, again, second);
    EXPECT_EQ(confirmed[0].finding.verdict, Verdict::unknown) << "nobody else was in the way";

    second.run_delay = delay_of(milliseconds{600}, milliseconds{1500});
    confirmed = first;
    confirm_failures(confirmed, again, second);
    ASSERT_EQ(confirmed.size(), 2U);
    EXPECT_EQ(confirmed[0].finding.verdict, Verdict::tester_overloaded);
    EXPECT_TRUE(confirmed[0].evidence.overloaded);
    EXPECT_FALSE(confirmed[1].evidence.overloaded);
}

TEST(Report, OfVeryManyFailuresConfirmsSomeAndBelievesTheRestOnlyWhenThoseFailAgain) {
    std::vector<Failure> first;
    for (std::uint32_t to = 1; to <= 100; ++to)
        first.push_back(silence(0, to));
    const Plan again = plan_to_confirm({.pairs = {}, .lanes = {kUdp}}, first, 10);
    ASSERT_EQ(again.pairs.size(), 10U);
    EXPECT_EQ(again.pairs[0], silence(0, 1).pair);
    EXPECT_EQ(again.pairs[9], silence(0, 91).pair);
    const auto untried = [&](Verdict verdict) {
        return [&again, verdict](const Failure& failure) {
            return failure.finding.verdict == verdict &&
                   !std::ranges::binary_search(again.pairs, failure.pair);
        };
    };

    Report second;
    for (const Pair& pair : again.pairs)
        second.failures.push_back(silence(pair.from.value(), pair.to.value()));
    std::vector<Failure> confirmed = first;
    confirm_failures(confirmed, again, second);
    EXPECT_EQ(std::ranges::count_if(confirmed, untried(Verdict::unknown)), 90);

    second.failures.pop_back();
    confirmed = first;
    confirm_failures(confirmed, again, second);
    EXPECT_EQ(confirmed.size(), 99U);
    EXPECT_EQ(std::ranges::count_if(confirmed, untried(Verdict::tester_overloaded)), 90);
}

}  // namespace
}  // namespace flatlan::probe
