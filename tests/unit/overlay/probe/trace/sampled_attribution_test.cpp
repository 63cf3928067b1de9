#include "overlay/probe/trace/sampled_attribution.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::trace {
namespace {

using probe::Failure;
using probe::Lane;
using probe::Member;
using probe::Verdict;

constexpr Lane kPing{IpFamily::ipv4, probe::Protocol::icmp};
constexpr Lane kPing6{IpFamily::ipv6, probe::Protocol::icmp};
constexpr Lane kUdp{IpFamily::ipv4, probe::Protocol::udp};

/// Three nodes with two pods each: p1 and p2 on n1, p3 and p4 on n2, p5 and p6 on n3.
class SampledAttributionTest : public testing::Test {
protected:
    void fail(const std::string& from, const std::string& to, Lane lane = kPing,
              Verdict verdict = Verdict::unknown) {
        failures.push_back({.pair = {id(from), id(to)},
                            .lane = lane,
                            .finding = {probe::Property::arrives, verdict},
                            .evidence = {}});
    }
    probe::MemberId id(const std::string& name) const {
        for (std::uint32_t i = 0; i < members.size(); ++i)
            if (members[i].name == name) return probe::MemberId{i};
        ADD_FAILURE() << name;
        return probe::MemberId{0};
    }
    std::string address(const std::string& name) const {
        return to_string(*members[id(name).value()].addresses.ipv4);
    }
    static TraceReport report(Verdict verdict, const std::string& hop, const std::string& mend) {
        return {.from = {},
                .to = {},
                .family = IpFamily::ipv4,
                .protocol = probe::Protocol::icmp,
                .verdict = verdict,
                .hop = hop,
                .evidence = {"seen", "seen", "counted"},
                .mend = mend};
    }
    Attribution explain() { return sampled.explain(failures); }
    /// Every packet meets that.
    void meets(Verdict verdict, const std::string& hop, const std::string& mend = "mend it") {
        answer = [=](const Member&, const Member&) { return report(verdict, hop, mend); };
    }

    std::vector<Member> members = probe::cluster_of(3, 2);
    std::vector<Failure> failures;
    std::vector<std::string> traced;
    std::function<Result<TraceReport>(const Member&, const Member&)> answer;
    SampledAttribution sampled{
        members, [this](const Member& from, const Member& to, const Lane& lane) {
            traced.push_back(from.name + " " + to.name + " " + to_string(lane));
            return answer(from, to);
        }};
};

TEST_F(SampledAttributionTest, LaysToAPodAllThatComesByIt) {
    meets(Verdict::link_down, "default/p3");
    fail("default/p1", "default/p3");
    fail("default/p3", "default/p5", kUdp);
    fail("node/n2", "default/p3", kPing6);
    fail("default/p1", "default/p4");
    const Attribution found = explain();
    EXPECT_EQ(traced.size(), 2U) << "the last one does not come by the pod";
    EXPECT_EQ(found.texts.size(), 1U);
    EXPECT_EQ(found.texts.front().evidence, "seen; counted");
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(found.of_failure[i], &found.texts.front());
}

TEST_F(SampledAttributionTest, LaysToANodeWhatComesByItOnceTwoOthersHaveFoundIt) {
    meets(Verdict::tunnel_port_blocked, "node/n2");
    fail("default/p1", "default/p3");
    fail("node/n2", "node/n1", kPing6);
    fail("default/p5", "default/p3");
    fail("default/p3", "default/p6", kUdp);
    fail("node/n3", "node/n2");
    const Attribution found = explain();
    EXPECT_THAT(traced, testing::ElementsAre("default/p1 default/p3 ICMP over IPv4",
                                             "default/p5 default/p3 ICMP over IPv4"));
    EXPECT_THAT(found.of_failure, testing::Each(&found.texts.front()));
}

TEST_F(SampledAttributionTest, LaysToOneEndWhatMendsThatEndAlone) {
    answer = [&](const Member&, const Member& to) {
        return report(Verdict::no_route, "node/n2",
                      "ip route replace " + to_string(*to.addresses.ipv4) + "/32 dev p7");
    };
    fail("default/p1", "default/p3");
    fail("default/p1", "default/p4");
    fail("default/p2", "default/p3", kUdp);
    fail("default/p2", "default/p4");
    const Attribution found = explain();
    EXPECT_EQ(traced.size(), 2U);
    ASSERT_EQ(found.texts.size(), 2U);
    EXPECT_EQ(found.of_failure[2], &found.texts[0]);
    EXPECT_EQ(found.of_failure[3], &found.texts[1]);
}

TEST_F(SampledAttributionTest, LaysAPrefixToAllThatIsInIt) {
    meets(Verdict::no_route, "node/n1", "ip route replace " + address("node/n2") + "/26 via x");
    fail("default/p1", "node/n2");
    fail("default/p1", "default/p3");
    EXPECT_THAT(explain().of_failure, testing::Each(testing::NotNull()));
    EXPECT_EQ(traced.size(), 1U);
}

TEST_F(SampledAttributionTest, TracesWhatFailsInAnotherManner) {
    meets(Verdict::filtered, "default/p3");
    fail("default/p1", "default/p3");
    fail("default/p1", "default/p3", kUdp);
    fail("default/p1", "default/p3", kPing, Verdict::source_rewritten);
    static_cast<void>(explain());
    EXPECT_EQ(traced.size(), 3U);
}

TEST_F(SampledAttributionTest, TracesNoMoreThanAFew) {
    int number = 0;
    answer = [&](const Member&, const Member&) {
        return report(Verdict::filtered, "node/n" + std::to_string(++number), "");
    };
    for (int i = 0; i < 20; ++i)
        fail("default/p1", "default/p3", i % 2 == 0 ? kPing : kUdp);
    static_cast<void>(explain());
    static_cast<void>(explain());
    EXPECT_EQ(traced.size(), SampledAttribution::kTracesMax);
    EXPECT_EQ(sampled.trouble(), "");
}

TEST_F(SampledAttributionTest, EndsWhereTracesComeToNothing) {
    meets(Verdict::delivered, "");
    for (int i = 0; i < 5; ++i)
        fail("default/p1", "default/p3");
    EXPECT_THAT(explain().of_failure, testing::Each(testing::IsNull()));
    EXPECT_EQ(traced.size(), SampledAttribution::kFruitlessMax);
}

TEST_F(SampledAttributionTest, SaysWhyItEndsAndDoesNotAskAgain) {
    answer = [](const Member&, const Member&) {
        return Result<TraceReport>{Error{ErrorCode::unavailable, "n2 does not answer"}};
    };
    fail("default/p1", "default/p3");
    fail("default/p1", "default/p4");
    EXPECT_THAT(explain().of_failure, testing::Each(testing::IsNull()));
    EXPECT_EQ(traced.size(), 1U);
    EXPECT_EQ(sampled.trouble(), "n2 does not answer");
}

TEST_F(SampledAttributionTest, DoesNotTraceToWhoIsKnownToBeGone) {
    meets(Verdict::link_down, "default/p3");
    fail("default/p1", "default/p3", kPing, Verdict::pod_missing);
    EXPECT_THAT(explain().of_failure, testing::Each(testing::IsNull()));
    EXPECT_TRUE(traced.empty());
}

}  // namespace
}  // namespace flatlan::trace
