#include "overlay/probe/cluster/trace/joined_trace.hpp"

#include <gmock/gmock.h>

#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "tests/unit/overlay/probe/cluster/trace/two_machines.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;
using testing::HasSubstr;
using Network = FakeNetwork;
using JoinedTraceTest = TwoMachinesTest;

TEST_F(JoinedTraceTest, WalksOverBothMachinesThereAndBack) {
    const TraceReport traced = report();
    EXPECT_EQ(traced.verdict, Verdict::delivered) << traced.reason;
    std::vector<std::string> hops;
    for (const TraceReport::Station& station : traced.forth)
        hops.push_back(station.place + " " + station.device + " " +
                       std::string{to_string(station.action)});
    EXPECT_THAT(hops, testing::ElementsAre("default/pod-1 eth0 send", "node/n1 flat0 encapsulate",
                                           "node/n1 eth0 send", "node/n2 eth0 receive",
                                           "node/n2 flat0 decapsulate", "node/n2 p2 forward",
                                           "default/pod-4 eth0 receive"));
    EXPECT_EQ(traced.back.size(), traced.forth.size());
    EXPECT_TRUE(traced.evidence.empty()) << traced.evidence.front();
}

TEST_F(JoinedTraceTest, AsksEachMachineForItsOwnPlacesAndNothingTwice) {
    static_cast<void>(report());
    std::map<std::string, int> times;
    for (const std::string& question : questions) {
        ++times[question];
        const bool of_first =
            question.find("pod-1") != question.npos || question.find("node/n1") != question.npos;
        const bool of_second =
            question.find("pod-4") != question.npos || question.find("node/n2") != question.npos;
        EXPECT_FALSE(of_first && of_second) << question;
        EXPECT_TRUE(!of_first || question.starts_with("n1 ")) << question;
        EXPECT_TRUE(!of_second || question.starts_with("n2 ")) << question;
    }
    for (const auto& [question, count] : times)
        EXPECT_EQ(count, 1) << question;
    EXPECT_LT(questions.size(), 40U);
}

// Each time that both are asked takes longer than all else.
TEST_F(JoinedTraceTest, ForeseesWhatItWillAskOfAHealthyWay) {
    static_cast<void>(report());
    // Facts, routes and settings, to watch, two sizes of packets, what was seen.
    EXPECT_EQ(goes, 6);
}

TEST_F(JoinedTraceTest, NamesARouteThatIsMissingOnTheOtherMachine) {
    auto& routes = network.at(Network::kNode2).routes;
    std::erase_if(routes, [&](const RouteFacts& route) {
        return route.destination == IpPrefix::host(network.forth().destination);
    });
    lose_all();
    const TraceReport traced = report();
    EXPECT_EQ(to_string(traced.verdict), "no_route") << traced.reason;
    EXPECT_EQ(traced.hop, "node/n2");
    EXPECT_THAT(traced.mend, HasSubstr("ip route replace 10.244.0.66/32 dev p2"));
}

TEST_F(JoinedTraceTest, LaysWhatGetsLostBetweenMachinesToTheUnderlay) {
    lose_all();
    sight(kN1, Network::kPod1, "eth0");
    sight(kN1, Network::kNode1, "eth0");
    seen[kN1].sightings.back().packet.outer = true;
    seen[kN1].sightings.back().packet.outer_source = Endpoint{call.from.endpoint, Port{50000}};
    seen[kN1].sightings.back().packet.outer_destination = Endpoint{call.to.endpoint, kVxlanPort};
    const TraceReport traced = report();
    EXPECT_EQ(to_string(traced.verdict), "underlay_unreachable") << traced.reason;
    EXPECT_EQ(traced.hop, "node/n1");
    ASSERT_FALSE(traced.evidence.empty());
    EXPECT_THAT(traced.evidence.front(), HasSubstr("172.31.0.2:4789"));
}

TEST_F(JoinedTraceTest, DoesNotBlameTheUnderlayForWhatTheTunnelNeverSent) {
    lose_all();
    sight(kN1, Network::kPod1, "eth0");
    sight(kN1, Network::kNode1, "flat0");
    const TraceReport traced = report();
    EXPECT_EQ(to_string(traced.verdict), "unknown") << traced.reason;
    EXPECT_EQ(traced.hop, "node/n1");
    EXPECT_THAT(traced.reason, HasSubstr("last seen leaving node/n1 by flat0"));
}

TEST_F(JoinedTraceTest, BelievesPacketsThatComeToTheOtherMachine) {
    lose_all();
    sight(kN1, Network::kNode1, "eth0");
    sight(kN2, Network::kNode2, "flat0");
    const TraceReport traced = report();
    EXPECT_EQ(to_string(traced.verdict), "unknown") << traced.reason;
    EXPECT_EQ(traced.hop, "node/n2");
}

TEST_F(JoinedTraceTest, NamesTheUnderlayAddressThatTheOtherMachineHasLost) {
    auto& held = network.at(Network::kNode2).addresses;
    std::erase_if(held, [&](const AddressFacts& each) { return each.address == call.to.endpoint; });
    lose_all();
    const TraceReport traced = report();
    EXPECT_EQ(to_string(traced.verdict), "address_missing") << traced.reason;
    EXPECT_EQ(traced.hop, "node/n2");
}

TEST_F(JoinedTraceTest, TellsTheOtherMachineWhichPortsAreTheTraces) {
    call.protocol = probe::Protocol::udp;
    EXPECT_EQ(report().verdict, Verdict::delivered);
    const auto asks = [&](const std::string& what) {
        return std::ranges::any_of(questions, [&](const std::string& question) {
            return question.find(what) != question.npos;
        });
    };
    EXPECT_TRUE(asks("\nlisten now"));
    EXPECT_TRUE(asks("\nwatch 0 77 "));
    EXPECT_TRUE(asks("\nwatch 66 77 "));
}

TEST_F(JoinedTraceTest, DoesNotTakeAMachineThatDoesNotAnswerForTheNetwork) {
    silent = kN2;
    const auto traced = trace();
    ASSERT_FALSE(traced);
    EXPECT_EQ(traced.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(goes, 1) << "it is not waited for twice";
}

TEST_F(JoinedTraceTest, MakesOneWordOfWhatAnotherMachineCallsALink) {
    auto& routes = network.at(Network::kNode2).routes;
    std::erase_if(routes, [&](const RouteFacts& route) {
        return route.destination == IpPrefix::host(network.forth().destination);
    });
    network.link(Network::kNode2, "p2").name = "p2;$(reboot)'";
    lose_all();
    EXPECT_THAT(report().mend, HasSubstr(R"( dev 'p2;$(reboot)'\''')"));
}

TEST_F(JoinedTraceTest, PassesNoCommandOnThatAnotherMachineGivesForAMend) {
    lose_all();
    seen[kN2].rules.push_back({.place = Network::kNode2,
                               .chain = "inet guard c",
                               .rule = "drop",
                               .mend = "nft delete rule inet guard c handle 7",
                               .effect = RuleEffect::drops});
    EXPECT_EQ(report().mend, "at node/n2: nft delete rule inet guard c handle 7");
    seen[kN2].rules.front().mend += "; reboot";
    const TraceReport traced = report();
    EXPECT_EQ(to_string(traced.verdict), "filtered");
    EXPECT_EQ(traced.mend, probe::mend_for(Verdict::filtered));
}

TEST_F(JoinedTraceTest, HearsOfAMachineFromThatMachineAlone) {
    const auto refused = [&] {
        const auto traced = trace();
        return !traced && traced.error().code() == ErrorCode::corrupt &&
               traced.error().text().find("n2 tells of node/n1") != std::string::npos;
    };
    sight(kN2, Network::kNode1, "eth0");
    EXPECT_TRUE(refused());
    seen[kN2] = {};
    seen[kN2].rules.push_back({.place = Network::kNode1, .chain = "a", .rule = "b", .mend = ""});
    EXPECT_TRUE(refused());
    seen[kN2] = {};
    seen[kN2].counters.push_back({Network::kNode1, "UdpInErrors", 1});
    EXPECT_TRUE(refused());
    seen[kN2] = {};
    network.link(Network::kNode2, "p2").other_end = LinkAt{Network::kNode1, IfIndex{1}};
    EXPECT_TRUE(refused());
}

TEST_F(JoinedTraceTest, AsksOnceMoreWhereAMachineWasHeldUp) {
    int watched = 0;
    const auto ask = [&](std::span<const Asked> asked) {
        std::vector<Result<std::string>> answers;
        for (const auto& [node, question] : asked) {
            watched += node == kN2 && std::holds_alternative<AskWatch>(question) ? 1 : 0;
            // Its answers came too late the first time.
            seen[kN1].small.answered = watched == 1 ? 0 : 8;
            seen[kN2].stalls.clear();
            if (watched == 1) seen[kN2].stalls = {{Network::kNode2, kStallMin}};
            answers.push_back(answer(node, question));
        }
        return answers;
    };
    const auto traced = trace_over_nodes(network.atlas, call, ask, false);
    ASSERT_TRUE(traced) << traced.error().to_string();
    const TraceReport& told = traced.value().report;
    EXPECT_EQ(told.verdict, Verdict::delivered) << told.reason;
    EXPECT_EQ(watched, 2);
}

TEST_F(JoinedTraceTest, SaysThatAPodsNamespaceIsGoneWithoutAskingForIt) {
    network.atlas.places[Network::kPod4.value()].present = false;
    const TraceReport traced = report();
    EXPECT_EQ(to_string(traced.verdict), "pod_missing");
    EXPECT_EQ(traced.hop, "default/pod-4");
    EXPECT_TRUE(questions.empty());
}

}  // namespace
}  // namespace flatlan::trace
