#include "overlay/probe/trace/conclude.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/probe/trace/report.hpp"
#include "overlay/probe/trace/service_reached.hpp"
#include "tests/unit/overlay/probe/trace/fake_network.hpp"
#include "tunnel/filter/filter_rules.hpp"

namespace flatlan::trace {
namespace {

using probe::Verdict;
using testing::HasSubstr;
using Network = FakeNetwork;

/// A trace in a network whose tables are right; what is seen is up to the test.
class ConcludeTest : public testing::Test {
protected:
    ConcludeTest() {
        seen.small = {.sent = 8, .arrived = 8, .answered = 8};
        const Flow flow = network.forth();
        forth = walk(network.atlas, network, flow).value();
        back = walk(network.atlas, network, {flow.to, flow.from, flow.destination, flow.source})
                   .value();
    }
    Case asked() const {
        return {network.atlas, network.forth(), probe::Protocol::icmp, forth, back, seen};
    }
    Sighting& sight(PlaceId place, const std::string& device, bool outgoing,
                    PacketKind kind = PacketKind::request) {
        const Flow flow = network.forth();
        SeenPacket packet{.kind = kind,
                          .source = {flow.source, Port::any()},
                          .destination = {flow.destination, Port::any()},
                          .ttl = 64};
        if (kind == PacketKind::answer) std::swap(packet.source, packet.destination);
        seen.sightings.push_back({place, device, outgoing, packet});
        return seen.sightings.back();
    }
    RuleMet& meet(PlaceId place, const std::string& rule, RuleEffect effect) {
        seen.rules.push_back({.place = place,
                              .chain = "ip filter FORWARD",
                              .rule = rule,
                              .mend = "nft delete rule ip filter FORWARD handle 4",
                              .effect = effect});
        return seen.rules.back();
    }
    Fault expect_fault(Verdict verdict, PlaceId place) {
        const auto fault = conclude(asked());
        if (!fault) {
            ADD_FAILURE() << "delivered";
            return {Verdict::delivered, place, {}, {}, {}};
        }
        EXPECT_EQ(to_string(fault->verdict), to_string(verdict)) << fault->reason;
        EXPECT_EQ(network.atlas.at(fault->place).name, network.atlas.at(place).name);
        return *fault;
    }

    mutable Network network;
    Walk forth, back;
    Observation seen;
};

TEST_F(ConcludeTest, BelievesPacketsThatArrivedMoreThanTables) {
    forth.fault = Fault{Verdict::no_route, Network::kNode1, "foretold", {"a table"}, {}};
    EXPECT_FALSE(conclude(asked()).has_value());
    EXPECT_TRUE(make_report(asked()).delivered());
}

TEST_F(ConcludeTest, TakesWhatTheTablesForetellWhenNothingArrived) {
    seen.small = {.sent = 8};
    forth.hops.erase(forth.hops.begin() + 2, forth.hops.end());
    forth.fault = Fault{Verdict::fdb_missing, Network::kNode1, "foretold", {"a table"}, "mend"};
    sight(Network::kPod1, "eth0", true);
    sight(Network::kNode1, "flat0", true);
    EXPECT_EQ(expect_fault(Verdict::fdb_missing, Network::kNode1).mend, "mend");
}

TEST_F(ConcludeTest, DropsAForetoldFaultThatAPacketGotPast) {
    seen.small = {.sent = 8};
    forth.hops.erase(forth.hops.begin() + 1, forth.hops.end());
    forth.places = {Network::kPod1, Network::kNode1};
    forth.fault = Fault{Verdict::no_route, Network::kNode1, "foretold", {"a table"}, {}};
    sight(Network::kNode2, "p2", true);
    expect_fault(Verdict::unknown, Network::kNode2);
}

// As on a cable at whose other end the interface has another MAC address, or behind a switch.
TEST_F(ConcludeTest, DoesNotTakeAFrameForSomebodyElseForAPacketThatGotPast) {
    seen.small = {.sent = 8};
    forth.places = {Network::kPod1, Network::kNode1};
    forth.fault = Fault{Verdict::neighbour_wrong, Network::kNode1, "foretold", {"a table"}, {}};
    sight(Network::kNode2, "p2", false);
    seen.sightings.back().astray = true;
    expect_fault(Verdict::neighbour_wrong, Network::kNode1);
}

// The walk ends where a packet is still seen: before the cable that is down at its other end.
TEST_F(ConcludeTest, TakesTheForetoldFaultOfThePlaceBehindTheLastOne) {
    seen.small = {.sent = 8};
    forth.places = {Network::kPod1, Network::kNode1, Network::kUnderlay};
    forth.fault = Fault{Verdict::link_down, Network::kNode2, "foretold", {"a link"}, {}};
    sight(Network::kUnderlay, "u1", false);
    expect_fault(Verdict::link_down, Network::kNode2);
}

TEST_F(ConcludeTest, NamesTheRuleThatDroppedAndHowToTakeItAway) {
    seen.small = {.sent = 8};
    meet(Network::kNode2, "ip daddr 10.244.0.66 drop", RuleEffect::drops);
    const Fault fault = expect_fault(Verdict::filtered, Network::kNode2);
    EXPECT_THAT(fault.evidence.front(), HasSubstr("ip daddr 10.244.0.66 drop"));
    EXPECT_EQ(fault.mend, "at node/n2: nft delete rule ip filter FORWARD handle 4");
}

TEST_F(ConcludeTest, TellsATunnelsPacketsFromThoseInside) {
    seen.small = {.sent = 8};
    meet(Network::kUnderlay, "udp dport 4789 drop", RuleEffect::drops).outer = true;
    expect_fault(Verdict::tunnel_port_blocked, Network::kUnderlay);
}

TEST_F(ConcludeTest, NamesTheCheckOfSendersAndMendsWhatDisguisedTheSender) {
    seen.small = {.sent = 8};
    RuleMet& changed = meet(Network::kUnderlay, "ip saddr set 172.31.0.129", RuleEffect::goes_on);
    changed.outer = true;
    RuleMet& dropped =
        meet(Network::kNode2, "counter name unknown_endpoint drop", RuleEffect::drops);
    dropped.outer = true;
    dropped.chain = "inet " + std::string{tunnel::kFilterTable} + " datagram";
    const Fault fault = expect_fault(Verdict::sender_rejected, Network::kNode2);
    EXPECT_THAT(fault.evidence.front(), HasSubstr("unknown_endpoint drop"));
    EXPECT_EQ(fault.mend, "at underlay: nft delete rule ip filter FORWARD handle 4");
    // Of a sender that nobody disguised, the tables are wrong.
    seen.rules.erase(seen.rules.begin());
    EXPECT_EQ(expect_fault(Verdict::sender_rejected, Network::kNode2).mend,
              network.atlas.repair_command);
}

TEST_F(ConcludeTest, CallsItLossWhenSomeArrive) {
    seen.small = {.sent = 8, .arrived = 4, .answered = 4};
    meet(Network::kNode1, "numgen inc mod 2 0 drop", RuleEffect::drops);
    expect_fault(Verdict::loss, Network::kNode1);
}

TEST_F(ConcludeTest, LaysWhatATesterMissedToTheTester) {
    seen.small = {.sent = 8, .arrived = 8};
    sight(Network::kPod4, "eth0", false);
    seen.stalls = {{Network::kNode1, std::chrono::milliseconds{300}},
                   {Network::kNode2, std::chrono::milliseconds{1900}}};
    const Fault fault = expect_fault(Verdict::tester_overloaded, Network::kNode2);
    EXPECT_THAT(fault.reason, HasSubstr("node/n2 was held up"));
    EXPECT_THAT(fault.evidence.back(), HasSubstr("for 1900 ms"));
    seen.small.answered = 8;
    seen.large = {.sent = 1, .size_bytes = 1000};
    expect_fault(Verdict::tester_overloaded, Network::kNode2);
    // What is known all the same is told.
    meet(Network::kNode2, "ip daddr 10.244.0.66 drop", RuleEffect::drops);
    seen.small = {.sent = 8};
    expect_fault(Verdict::filtered, Network::kNode2);
    seen.stalls.clear();
    seen.rules.clear();
    seen.captures_lost = 1;
    expect_fault(Verdict::tester_overloaded, Network::kPod4);
}

TEST_F(ConcludeTest, SaysWhatCouldNotBeWatchedWhereItDoesNotKnow) {
    seen.unwatched = {{Network::kNode2, "rules were not watched: another program has the log"}};
    EXPECT_TRUE(make_report(asked()).evidence.empty());
    seen.small = {.sent = 8};
    EXPECT_EQ(make_report(asked()).evidence.back(),
              "at node/n2 rules were not watched: another program has the log");
}

TEST_F(ConcludeTest, CatchesARewrittenSourceThoughTheAnswerCameBack) {
    sight(Network::kPod1, "eth0", true);
    sight(Network::kNode1, "p1", false);
    sight(Network::kNode1, "flat0", true).packet.source.address = Ipv4Address{0xac1f'0001};
    meet(Network::kNode1, "oifname \"flat0\" masquerade", RuleEffect::accepts);
    const Fault fault = expect_fault(Verdict::source_rewritten, Network::kNode1);
    EXPECT_EQ(fault.evidence.front(), "10.244.0.1 became 172.31.0.1, seen on flat0 of node/n1");
    EXPECT_THAT(fault.mend, HasSubstr("nft delete rule"));
}

TEST_F(ConcludeTest, FindsWhereTheTimeToLiveRanOut) {
    seen.small = {.sent = 8};
    sight(Network::kPod1, "eth0", true);
    sight(Network::kNode1, "p1", false).packet.ttl = 1;
    meet(Network::kNode1, "ip ttl set 1", RuleEffect::goes_on);
    const Fault fault = expect_fault(Verdict::ttl_expired, Network::kNode1);
    EXPECT_THAT(fault.evidence.front(), HasSubstr("ip ttl set 1"));
}

TEST_F(ConcludeTest, BlamesTheAnswersWayWhenTheRequestArrived) {
    seen.small = {.sent = 8, .arrived = 8};
    back.hops.erase(back.hops.begin() + 1, back.hops.end());
    back.fault = Fault{Verdict::no_route, Network::kNode2, "foretold", {"a table"}, {}};
    expect_fault(Verdict::no_route, Network::kNode2);
}

TEST_F(ConcludeTest, CountsChecksums) {
    seen.small = {.sent = 8};
    sight(Network::kPod1, "eth0", true);
    sight(Network::kPod4, "eth0", false);
    seen.counters.push_back({Network::kPod4, "UdpInCsumErrors", 8});
    meet(Network::kNode1, "udp checksum set 4660", RuleEffect::goes_on);
    expect_fault(Verdict::checksum_fault, Network::kNode1);
}

TEST_F(ConcludeTest, SaysThatNobodyListensOnlyWhereTheTraceDoesNot) {
    seen.small = {.sent = 1};
    seen.refused = true;
    sight(Network::kPod4, "eth0", false);
    expect_fault(Verdict::unknown, Network::kPod4);
    seen.own_listener = false;
    expect_fault(Verdict::no_listener, Network::kPod4);
}

// It owes no answer: what was seen there stands for it, unless it went no further.
TEST_F(ConcludeTest, TakesAServiceOfUdpForReachedOnlyByWhatCameToIt) {
    const PlaceId node = Network::kNode2;
    EXPECT_FALSE(has_reached_service(seen, node));
    sight(node, "eth0", false).packet.outer = true;
    EXPECT_FALSE(has_reached_service(seen, node));
    sight(node, "flat0", false).astray = true;
    sight(node, "flat0", true, PacketKind::answer);
    EXPECT_FALSE(has_reached_service(seen, node));
    sight(node, "flat0", false);
    EXPECT_TRUE(has_reached_service(seen, node));
    EXPECT_FALSE(has_reached_service(seen, Network::kPod4));
    meet(node, "udp dport 53 drop", RuleEffect::drops).kind = PacketKind::answer;
    meet(node, "udp dport 53 counter", RuleEffect::goes_on);
    EXPECT_TRUE(has_reached_service(seen, node));
    meet(node, "udp dport 53 drop", RuleEffect::drops);
    EXPECT_FALSE(has_reached_service(seen, node));
}

// As one whose pod has lost its address: the packets come to its interface all the same.
TEST_F(ConcludeTest, BelievesTheTablesOfTheServicesPlaceUntilItAnswers) {
    seen.own_listener = false;
    forth.fault = Fault{Verdict::address_missing, network.forth().to, "foretold", {"a table"}, {}};
    Case over_udp = asked();
    EXPECT_FALSE(conclude(over_udp)) << "it is no rule for other protocols";
    over_udp.protocol = probe::Protocol::udp;
    const auto fault = conclude(over_udp);
    ASSERT_TRUE(fault);
    EXPECT_EQ(to_string(fault->verdict), "address_missing");
    sight(network.forth().to, "eth0", true, PacketKind::answer);
    EXPECT_FALSE(conclude(over_udp));
}

TEST_F(ConcludeTest, NamesTheNarrowPlaceWhereLargePacketsVanish) {
    seen.large = {.sent = 1, .size_bytes = 1450};
    forth.hops[3].mtu = 1400;
    const Fault fault = expect_fault(Verdict::mtu_black_hole, Network::kUnderlay);
    EXPECT_EQ(fault.mend, "at underlay: ip link set u2 mtu 1500");
    seen.told_too_big = true;
    EXPECT_FALSE(conclude(asked()).has_value());
}

TEST_F(ConcludeTest, CallsAPodThatDoesNotReachItselfByItsOwnWord) {
    seen.small = {.sent = 8};
    const Flow itself{Network::kPod1, Network::kPod1, network.forth().source,
                      network.forth().source};
    const Walk nothing;
    const auto fault =
        conclude({network.atlas, itself, probe::Protocol::icmp, nothing, nothing, seen});
    ASSERT_TRUE(fault.has_value());
    EXPECT_EQ(fault->verdict, Verdict::hairpin_failed);
}

TEST_F(ConcludeTest, SaysAtWhichHopsAPacketWasSeen) {
    sight(Network::kPod1, "eth0", true);
    const TraceReport report = make_report(asked());
    EXPECT_TRUE(report.forth.front().captured);
    EXPECT_FALSE(report.forth.back().captured);
}

}  // namespace
}  // namespace flatlan::trace
