#include "overlay/probe/trace/attribution.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/overlay/probe/trace/fake_network.hpp"

namespace flatlan::trace {
namespace {

using probe::Failure;
using probe::MemberId;
using probe::Protocol;
using probe::Verdict;

constexpr probe::Lane kPing{IpFamily::ipv4, Protocol::icmp};

class AttributionTest : public testing::Test {
protected:
    AttributionTest() {
        for (std::uint32_t i = 0; i < 4; ++i)
            members.push_back({.name = network.atlas.places[i].name,
                               .kind = probe::MemberKind::pod,
                               .node = NodeName::from(i % 2 == 0 ? "n1" : "n2").value(),
                               .addresses = network.atlas.places[i].addresses});
    }
    void fail(PlaceId from, PlaceId to, probe::Lane lane = kPing) {
        failures.push_back({.pair = {MemberId{from.value()}, MemberId{to.value()}},
                            .lane = lane,
                            .finding = {probe::Property::arrives, Verdict::unknown},
                            .evidence = {}});
    }
    /// Every real packet meets `verdict` at `hop`.
    Attribution run(Verdict verdict, const std::string& hop) {
        auto found =
            attribute(network.atlas, network, members, failures,
                      [&](PlaceId, PlaceId, const probe::Lane& lane) -> Result<TraceReport> {
                          ++traces;
                          return TraceReport{.from = {},
                                             .to = {},
                                             .family = lane.family,
                                             .protocol = lane.protocol,
                                             .verdict = verdict,
                                             .hop = hop,
                                             .evidence = {"seen once", "seen twice"},
                                             .mend = "mend it"};
                      });
        EXPECT_TRUE(found);
        return std::move(found).value();
    }
    void lose_route_to_pod_4() {
        std::erase_if(network.at(FakeNetwork::kNode2).routes, [&](const RouteFacts& route) {
            return route.destination == IpPrefix::host(network.pod_address(FakeNetwork::kPod4));
        });
        network.at(FakeNetwork::kNode2)
            .routes.push_back({.destination = network.atlas.at(FakeNetwork::kNode2).blocks.front(),
                               .refuses = true});
    }

    FakeNetwork network;
    std::vector<probe::Member> members;
    std::vector<Failure> failures;
    int traces = 0;
};

TEST_F(AttributionTest, GivesAllThatOneRouteBreaksTheSameExplanation) {
    lose_route_to_pod_4();
    for (const PlaceId from : {FakeNetwork::kPod1, FakeNetwork::kPod2, FakeNetwork::kPod3})
        for (const Protocol protocol : {Protocol::icmp, Protocol::tcp})
            fail(from, FakeNetwork::kPod4, {IpFamily::ipv4, protocol});
    const Attribution found = run(Verdict::no_route, "node/n2");
    ASSERT_EQ(found.texts.size(), 1U);
    EXPECT_EQ(found.texts[0].verdict, Verdict::no_route);
    EXPECT_EQ(found.texts[0].hop, "node/n2");
    EXPECT_EQ(found.texts[0].evidence, "seen once; seen twice");
    EXPECT_THAT(found.of_failure, testing::Each(&found.texts[0]));
    EXPECT_EQ(traces, 1);
}

TEST_F(AttributionTest, BelievesAPacketRatherThanTables) {
    lose_route_to_pod_4();
    fail(FakeNetwork::kPod1, FakeNetwork::kPod4);
    const Attribution found = run(Verdict::filtered, "default/pod-1");
    ASSERT_EQ(found.texts.size(), 1U);
    EXPECT_EQ(found.texts[0].verdict, Verdict::filtered);
    EXPECT_EQ(found.texts[0].hop, "default/pod-1");
}

TEST_F(AttributionTest, LetsOneTraceExplainWhatFailsAlikeAndPassesTheSamePlace) {
    fail(FakeNetwork::kPod1, FakeNetwork::kPod2);
    fail(FakeNetwork::kPod3, FakeNetwork::kPod4);
    fail(FakeNetwork::kPod1, FakeNetwork::kPod3);
    const Attribution found = run(Verdict::filtered, "node/n2");
    ASSERT_EQ(found.texts.size(), 1U);
    EXPECT_EQ(found.of_failure[0], &found.texts[0]);
    EXPECT_EQ(found.of_failure[1], &found.texts[0]);
    // It does not pass node/n2, so it is traced for itself.
    EXPECT_EQ(traces, 2);
}

TEST_F(AttributionTest, ExplainsNothingThatIsWellByNow) {
    fail(FakeNetwork::kPod1, FakeNetwork::kPod2);
    const Attribution found = run(Verdict::delivered, {});
    EXPECT_THAT(found.of_failure, testing::ElementsAre(nullptr));
    EXPECT_THAT(found.texts, testing::IsEmpty());
}

TEST_F(AttributionTest, AsksAPacketOfWhatABusyMachineMayHaveLostAndNotOfItsOwnLimits) {
    fail(FakeNetwork::kPod1, FakeNetwork::kPod2);
    failures[0].finding.verdict = Verdict::tester_overloaded;
    EXPECT_THAT(run(Verdict::filtered, "node/n2").of_failure, testing::ElementsAre(nullptr));
    EXPECT_EQ(traces, 0);
    failures[0].evidence.overloaded = true;
    EXPECT_EQ(run(Verdict::filtered, "node/n2").texts.front().verdict, Verdict::filtered);
    EXPECT_EQ(traces, 1);
}

TEST_F(AttributionTest, GivesUpAfterAFewTracesThatFindNothing) {
    for (const Protocol protocol : {Protocol::icmp, Protocol::udp, Protocol::tcp})
        fail(FakeNetwork::kPod1, FakeNetwork::kPod2, {IpFamily::ipv4, protocol});
    run(Verdict::unknown, "node/n1");
    EXPECT_EQ(traces, static_cast<int>(kUnknownMax));
}

TEST_F(AttributionTest, LetsAFaultOfTheUnderlayExplainEveryLane) {
    for (const Protocol protocol : {Protocol::icmp, Protocol::udp, Protocol::tcp})
        fail(FakeNetwork::kPod1, FakeNetwork::kPod2, {IpFamily::ipv4, protocol});
    const Attribution found = run(Verdict::link_down, "node/n2");
    EXPECT_THAT(found.of_failure, testing::Each(&found.texts[0]));
    EXPECT_EQ(traces, 1);
}

TEST_F(AttributionTest, LetsWhatTakesARequestExplainAnAnswerThatVanishes) {
    fail(FakeNetwork::kPod1, FakeNetwork::kPod2);
    fail(FakeNetwork::kPod2, FakeNetwork::kPod1);
    failures[1].finding.property = probe::Property::answered;
    const Attribution found = run(Verdict::filtered, "node/n2");
    EXPECT_THAT(found.of_failure, testing::Each(&found.texts[0]));
    EXPECT_EQ(traces, 1);
}

// Each pod drops what comes in: every one is found before another lane of the first is asked for.
TEST_F(AttributionTest, GivesEachPlaceItsTurn) {
    for (const PlaceId to : {FakeNetwork::kPod2, FakeNetwork::kPod4})
        for (std::size_t i = 0; i < kTracesMax; ++i)
            fail(FakeNetwork::kPod1, to);
    std::vector<PlaceId> traced;
    const auto found =
        attribute(network.atlas, network, members, failures,
                  [&](PlaceId, PlaceId to, const probe::Lane& lane) -> Result<TraceReport> {
                      traced.push_back(to);
                      return TraceReport{.from = {},
                                         .to = {},
                                         .family = lane.family,
                                         .protocol = lane.protocol,
                                         .verdict = Verdict::filtered,
                                         .hop = "nowhere on the way",
                                         .evidence = {"seen"},
                                         .mend = {}};
                  });
    ASSERT_TRUE(found);
    EXPECT_EQ(std::ranges::count(traced, FakeNetwork::kPod4),
              std::ranges::count(traced, FakeNetwork::kPod2));
    EXPECT_EQ(found.value().untraced, failures.size() - kTracesMax);
}

TEST_F(AttributionTest, MakesNoMoreTracesThanItsLimit) {
    // Each of these failures is one of a kind: nothing that passes the same place fails alike.
    for (std::size_t i = 0; i < 2 * kTracesMax; ++i)
        fail(FakeNetwork::kPod1, FakeNetwork::kPod2);
    run(Verdict::filtered, "nowhere on the way");
    EXPECT_EQ(traces, static_cast<int>(kTracesMax));
}

}  // namespace
}  // namespace flatlan::trace
