#include "overlay/probe/judge.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace flatlan::probe {
namespace {

constexpr Pair kPair{MemberId{1}, MemberId{2}};
constexpr Endpoint kSource{Ipv4Address{0x0af4'0001}, Port{1111}};
constexpr Endpoint kDestination{Ipv4Address{0x0af4'0002}, Port{2222}};
constexpr Endpoint kElsewhere{Ipv4Address{0xac1f'0001}, Port{3333}};

Evidence sent() { return {.source = kSource, .destination = kDestination, .tries = 3}; }

TEST(Judge, FindsNothingWhereEveryPropertyHolds) {
    Evidence evidence = sent();
    evidence.seen = evidence.answered = true;
    EXPECT_FALSE(judge(kPair, evidence));
}

TEST(Judge, CallsARewrittenSourceByItsNameThoughTheAnswerCame) {
    Evidence evidence = sent();
    evidence.answered = true;
    evidence.sighting = Sighting{MemberId{2}, kElsewhere, kDestination};
    EXPECT_EQ(judge(kPair, evidence), (Finding{Property::source_kept, Verdict::source_rewritten}));
}

TEST(Judge, SeesARewrittenPortToo) {
    Evidence evidence = sent();
    evidence.answered = true;
    evidence.sighting = Sighting{MemberId{2}, {kSource.address, Port{9}}, kDestination};
    EXPECT_EQ(judge(kPair, evidence)->verdict, Verdict::source_rewritten);
}

TEST(Judge, NamesTheDestinationFirstWhenBothEndsWereRewritten) {
    Evidence evidence = sent();
    evidence.sighting = Sighting{MemberId{3}, kElsewhere, kElsewhere};
    EXPECT_EQ(judge(kPair, evidence),
              (Finding{Property::destination_kept, Verdict::destination_rewritten}));
}

TEST(Judge, CallsAnAddressThatAnotherMemberHasDuplicate) {
    Evidence evidence = sent();
    evidence.sighting = Sighting{MemberId{3}, kSource, kDestination};
    EXPECT_EQ(judge(kPair, evidence), (Finding{Property::arrives, Verdict::duplicate_address}));
}

TEST(Judge, SeesThatTheAnswerCameFromAnother) {
    Evidence evidence = sent();
    evidence.seen = true;
    evidence.answer_from = kElsewhere;
    EXPECT_EQ(judge(kPair, evidence),
              (Finding{Property::answer_source_kept, Verdict::source_rewritten}));
}

TEST(Judge, TellsALostRequestFromALostAnswer) {
    Evidence evidence = sent();
    EXPECT_EQ(judge(kPair, evidence), (Finding{Property::arrives, Verdict::unknown}));
    evidence.seen = true;
    EXPECT_EQ(judge(kPair, evidence), (Finding{Property::answered, Verdict::unknown}));
}

TEST(Judge, CallsAPodThatDoesNotReachItselfAHairpin) {
    EXPECT_EQ(judge({MemberId{1}, MemberId{1}}, sent())->verdict, Verdict::hairpin_failed);
}

TEST(Judge, TakesARefusalForWhatItSays) {
    const auto verdict_of = [](RefusalKind kind) {
        Evidence evidence = sent();
        evidence.refusal = Refusal{.kind = kind};
        return judge(kPair, evidence)->verdict;
    };
    EXPECT_EQ(verdict_of(RefusalKind::no_route), Verdict::no_route);
    EXPECT_EQ(verdict_of(RefusalKind::prohibited), Verdict::filtered);
    EXPECT_EQ(verdict_of(RefusalKind::ttl_expired), Verdict::ttl_expired);
    EXPECT_EQ(verdict_of(RefusalKind::address_missing), Verdict::address_missing);
    EXPECT_EQ(verdict_of(RefusalKind::own_limit), Verdict::tester_overloaded);
    EXPECT_EQ(verdict_of(RefusalKind::other), Verdict::unknown);
}

TEST(Judge, TakesAClosedPortForAFilterOnlyWhenAnotherSaysSo) {
    Evidence evidence = sent();
    evidence.refusal = Refusal{.kind = RefusalKind::port_closed, .reporter = kDestination.address};
    EXPECT_EQ(judge(kPair, evidence)->verdict, Verdict::unknown);
    evidence.refusal->reporter = kElsewhere.address;
    EXPECT_EQ(judge(kPair, evidence)->verdict, Verdict::filtered);
}

TEST(Judge, ForgetsOwnTroubleOnceItWorked) {
    Evidence evidence = sent();
    evidence.refusal = Refusal{.kind = RefusalKind::own_limit, .errno_value = ENOBUFS};
    evidence.seen = evidence.answered = true;
    EXPECT_FALSE(judge(kPair, evidence));
}

TEST(Refusal, IsReadFromErrnoAndFromIcmpOfBothFamilies) {
    EXPECT_EQ(refusal_of_errno(ENETUNREACH), RefusalKind::no_route);
    EXPECT_EQ(refusal_of_errno(EPERM), RefusalKind::prohibited);
    EXPECT_EQ(refusal_of_errno(EMFILE), RefusalKind::own_limit);
    EXPECT_EQ(refusal_of_errno(EIO), RefusalKind::other);
    EXPECT_EQ(refusal_of_icmp(IpFamily::ipv4, 3, 1), RefusalKind::no_route);
    EXPECT_EQ(refusal_of_icmp(IpFamily::ipv4, 3, 13), RefusalKind::prohibited);
    EXPECT_EQ(refusal_of_icmp(IpFamily::ipv4, 11, 0), RefusalKind::ttl_expired);
    EXPECT_EQ(refusal_of_icmp(IpFamily::ipv6, 1, 0), RefusalKind::no_route);
    EXPECT_EQ(refusal_of_icmp(IpFamily::ipv6, 1, 4), RefusalKind::port_closed);
    EXPECT_EQ(refusal_of_icmp(IpFamily::ipv6, 3, 0), RefusalKind::ttl_expired);
    EXPECT_EQ(refusal_of_icmp(IpFamily::ipv6, 128, 0), RefusalKind::other);
}

TEST(Verdict, HasAWordForEach) {
    EXPECT_EQ(to_string(Verdict::delivered), "delivered");
    EXPECT_EQ(to_string(Verdict::checksum_fault), "checksum_fault");
    EXPECT_EQ(to_string(Verdict::unknown), "unknown");
}

}  // namespace
}  // namespace flatlan::probe
