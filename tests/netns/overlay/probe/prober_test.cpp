#include "overlay/probe/io/prober.hpp"

#include <map>

#include "tests/netns/overlay/probe/routed_cluster.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::probe {
namespace {

using ProberTest = support::NetworkTest;

/// "3 source_rewritten in source_kept by UDP over IPv4; ...", for messages and comparisons.
std::string words(const Report& report) {
    std::map<std::string, std::size_t> counts;
    for (const Failure& failure : report.failures)
        ++counts[std::string{to_string(failure.finding.verdict)} + " in " +
                 std::string{to_string(failure.finding.property)} + " by " +
                 to_string(failure.lane)];
    std::string text;
    for (const auto& [what, count] : counts)
        text += std::to_string(count) + " " + what + "; ";
    return text;
}

TEST_F(ProberTest, FindsAFlatNetworkWhole) {
    const RoutedCluster cluster{3, 4};
    const Report report = cluster.run();
    EXPECT_EQ(words(report), "");
    EXPECT_EQ(report.tally.checks, 15U * 15U * 6U);
    EXPECT_EQ(report.tally.duplicates, 0U);
    ASSERT_TRUE(report.round_trip);
    EXPECT_GT(report.round_trip->p50, Duration{0});
    EXPECT_LE(report.round_trip->p50, report.round_trip->p99);
}

/// A cluster of two nodes with two pods each, and a fault in it.
class FaultTest : public ProberTest {
protected:
    void SetUp() override {
        ProberTest::SetUp();
        if (!IsSkipped()) cluster_.emplace(2, 2);
    }
    void nft(std::string_view where, const std::string& rules) {
        const Namespace& network =
            where == "router" ? cluster_->router() : cluster_->network(where);
        shell_in(network, "nft '" + rules + "'");
    }
    /// p1 is on n1, p3 and p4 are on n2.
    Report run(std::vector<NamedPair> pairs, PlanRequest request = {}) {
        request.pairs = std::move(pairs);
        return cluster_->run(request, {.round_trip_samples = 0});
    }

    std::optional<RoutedCluster> cluster_;
};

TEST_F(FaultTest, MasqueradeIsASourceRewrittenThoughEveryPingComesBack) {
    nft("node/n2",
        "table ip nat { chain post { type nat hook postrouting priority 100; "
        "oifname p0 masquerade; }; }");
    shell_in(cluster_->network("p1"), "ping -q -c 1 -W 2 10.244.2.2 > /dev/null");
    const Report report = run({{"p1", "p3"}, {"p1", "p2"}, {"p3", "p1"}});
    EXPECT_EQ(words(report),
              "1 source_rewritten in source_kept by ICMP over IPv4; "
              "1 source_rewritten in source_kept by TCP over IPv4; "
              "1 source_rewritten in source_kept by UDP over IPv4; ");
    for (const Failure& failure : report.failures) {
        EXPECT_TRUE(failure.evidence.answered) << to_string(failure.lane);
        EXPECT_EQ(failure.evidence.sighting->source.address, support::ip("10.244.2.1"));
        EXPECT_EQ(failure.evidence.source->address, support::ip("10.244.1.2"));
    }
}

TEST_F(FaultTest, ARewrittenPortIsASourceRewritten) {
    nft("node/n1",
        "table ip6 nat { chain post { type nat hook postrouting priority 100; "
        "meta l4proto udp snat to [fd00:10:244:1::2]:7; }; }");
    const Report report = run({{"p1", "p3"}});
    EXPECT_EQ(words(report), "1 source_rewritten in source_kept by UDP over IPv6; ");
    EXPECT_EQ(report.failures[0].evidence.sighting->source.port, Port{7});
}

TEST_F(FaultTest, AnotherDestinationIsADestinationRewritten) {
    nft("router",
        "table ip nat { chain pre { type nat hook prerouting priority -100; "
        "ip daddr 10.244.2.2 dnat to 10.244.2.3; }; }");
    const Report report = run({{"p1", "p3"}, {"p2", "p4"}});
    EXPECT_EQ(words(report),
              "1 destination_rewritten in destination_kept by ICMP over IPv4; "
              "1 destination_rewritten in destination_kept by TCP over IPv4; "
              "1 destination_rewritten in destination_kept by UDP over IPv4; ");
    for (const Failure& failure : report.failures)
        EXPECT_EQ(failure.evidence.sighting->at, cluster_->id("default/p4"));
}

TEST_F(FaultTest, AnAnswerFromAnotherAddressIsASourceRewritten) {
    // Without connection tracking, only what goes back is changed.
    nft("node/n2",
        "table ip raw { chain post { type filter hook forward priority 0; "
        "meta l4proto udp ip daddr 10.244.1.2 ip saddr 10.244.2.2 "
        "ip saddr set 10.244.2.77; }; }");
    const Report report = run({{"p1", "p3"}});
    EXPECT_EQ(words(report), "1 source_rewritten in answer_source_kept by UDP over IPv4; ");
    EXPECT_EQ(report.failures[0].evidence.answer_from->address, support::ip("10.244.2.77"));
}

TEST_F(FaultTest, ADroppedProtocolFailsAloneAndSaysThatNothingArrived) {
    nft("router",
        "table inet t { chain f { type filter hook forward priority 0; "
        "meta l4proto tcp drop; }; }");
    EXPECT_EQ(words(run({{"p1", "p3"}})),
              "1 unknown in arrives by TCP over IPv4; 1 unknown in arrives by TCP over IPv6; ");
}

TEST_F(FaultTest, ADroppedAnswerIsToldFromADroppedRequest) {
    nft("router",
        "table inet t { chain f { type filter hook forward priority 0; "
        "iifname n2 meta l4proto { udp, icmp, ipv6-icmp } drop; }; }");
    EXPECT_EQ(words(run({{"p1", "p3"}})),
              "1 unknown in answered by ICMP over IPv4; 1 unknown in answered by ICMP over IPv6; "
              "1 unknown in answered by UDP over IPv4; 1 unknown in answered by UDP over IPv6; ");
}

TEST_F(FaultTest, ARejectingRuleOnTheWayIsAFilter) {
    nft("router",
        "table inet t { chain f { type filter hook forward priority 0; "
        "meta l4proto != tcp reject with icmpx admin-prohibited; }; }");
    const Report report = run({{"p1", "p3"}});
    EXPECT_EQ(words(report),
              "1 filtered in arrives by ICMP over IPv4; 1 filtered in arrives by ICMP over IPv6; "
              "1 filtered in arrives by UDP over IPv4; 1 filtered in arrives by UDP over IPv6; ");
    EXPECT_EQ(report.failures[0].evidence.refusal->reporter, support::ip("172.31.1.254"));
}

TEST_F(FaultTest, AMissingRouteAtTheSenderIsNoRoute) {
    shell_in(cluster_->network("p1"), "ip -4 route flush table main");
    EXPECT_EQ(words(run({{"p1", "p3"}})),
              "1 no_route in arrives by ICMP over IPv4; 1 no_route in arrives by TCP over IPv4; "
              "1 no_route in arrives by UDP over IPv4; ");
}

TEST_F(FaultTest, AMissingRouteOnTheWayIsNoRouteAndNamesWhoSaidSo) {
    shell_in(cluster_->router(), "ip -6 route del fd00:10:244:2::/64");
    const Report report = run({{"p1", "p3"}});
    EXPECT_EQ(words(report),
              "1 no_route in arrives by ICMP over IPv6; 1 no_route in arrives by TCP over IPv6; "
              "1 no_route in arrives by UDP over IPv6; ");
    for (const Failure& failure : report.failures)
        if (failure.lane.protocol != Protocol::tcp) {
            EXPECT_EQ(failure.evidence.refusal->reporter, support::ip("fd31:0:0:1::fe"));
        }
}

TEST_F(FaultTest, AMissingAddressIsNamedAtBothEnds) {
    shell_in(cluster_->network("p3"), "ip addr del 10.244.2.2/32 dev eth0");
    const Report report = run({{"p1", "p3"}, {"p3", "p1"}, {"p1", "p4"}});
    EXPECT_EQ(words(report),
              "2 address_missing in arrives by ICMP over IPv4; "
              "2 address_missing in arrives by TCP over IPv4; "
              "2 address_missing in arrives by UDP over IPv4; ");
    EXPECT_EQ(report.failures[0].evidence.fault->member, cluster_->id("default/p3"));
}

TEST_F(FaultTest, AnAddressThatAnotherPodHasTooIsDuplicate) {
    shell_in(cluster_->network("p4"), "ip addr add 10.244.2.2/32 dev eth0");
    shell_in(
        cluster_->network("node/n2"),
        "ip route change 10.244.2.2 dev p1 proto 241; ip neigh replace 10.244.2.2 dev p1 lladdr "
        "$(ip -o neigh show 10.244.2.3 dev p1 | sed \"s/.*lladdr //; s/ .*//\")");
    const Report report = run({{"p1", "p3"}, {"p2", "p4"}}, {.protocols = {Protocol::icmp}});
    EXPECT_EQ(words(report), "1 duplicate_address in arrives by ICMP over IPv4; ");
    EXPECT_EQ(report.failures[0].evidence.sighting->at, cluster_->id("default/p4"));
}

TEST_F(FaultTest, AVanishedNamespaceIsAPodMissingAndTheOthersAreTried) {
    cluster_->forget("default/p3");
    const Report report = cluster_->run({.protocols = {Protocol::udp}}, {.round_trip_samples = 0});
    EXPECT_EQ(words(report),
              "11 pod_missing in arrives by UDP over IPv4; "
              "11 pod_missing in arrives by UDP over IPv6; ");
    EXPECT_EQ(report.tally.checks, 36U * 2U);
}

TEST_F(FaultTest, APodWhoseLoopbackIsDownDoesNotReachItself) {
    nft("p1",
        "table inet t { chain f { type filter hook output priority 0; "
        "oifname lo drop; }; }");
    const Report report = run({{"p1", "p1"}, {"p1", "p3"}}, {.protocols = {Protocol::tcp}});
    EXPECT_EQ(words(report),
              "1 hairpin_failed in arrives by TCP over IPv4; "
              "1 hairpin_failed in arrives by TCP over IPv6; ");
}

TEST_F(FaultTest, ALocalRuleThatForbidsSendingIsAFilter) {
    nft("p1",
        "table inet t { chain f { type filter hook output priority 0; "
        "meta l4proto udp drop; }; }");
    EXPECT_EQ(words(run({{"p1", "p3"}})),
              "1 filtered in arrives by UDP over IPv4; 1 filtered in arrives by UDP over IPv6; ");
}

TEST_F(FaultTest, ManyUnreachablePairsDoNotHoldUpTheOthers) {
    cluster_.emplace(3, 12);
    nft("node/n3", "table inet t { chain f { type filter hook forward priority 0; drop; }; }");
    const Report report = cluster_->run({}, {.round_trip_samples = 0});
    // The 12 pods of n3 among each other, and with the 26 pods and nodes elsewhere both ways.
    const std::size_t pairs = 12 * 11 + 2 * 12 * 26;
    EXPECT_EQ(report.failures.size(), pairs * 6) << words(report);
}

TEST_F(FaultTest, LossIsMadeGoodByAnotherTry) {
    cluster_.emplace(2, 6);
    // One of 200 in turn: some packets of the eight hundred are lost for certain, and all that are
    // sent for one check hardly ever.
    nft("router",
        "table inet t { chain f { type filter hook forward priority 0; "
        "numgen inc mod 200 0 drop; }; }");
    const Report report =
        cluster_->run({.protocols = {Protocol::udp, Protocol::icmp}}, {.round_trip_samples = 0});
    EXPECT_EQ(words(report), "");
    EXPECT_GT(report.tally.retried, 0U);
}

}  // namespace
}  // namespace flatlan::probe
