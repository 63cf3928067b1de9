#include <array>
#include <atomic>
#include <map>

#include "overlay/probe/io/trial/trial_host.hpp"
#include "overlay/probe/io/trial/trial_runner.hpp"
#include "tests/netns/overlay/probe/routed_cluster.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::trial {
namespace {

using probe::NamedPair;
using probe::RoutedCluster;

/// Two nodes with two pods each: p1 and p2 on n1, p3 and p4 on n2, MTU 1450; a router in between.
class TrialTest : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (!IsSkipped()) cluster_.emplace(2, 2);
    }
    void nft(const Namespace& network, const std::string& rules) {
        probe::shell_in(network, "nft '" + rules + "'");
    }
    void on_the_way(const std::string& rule) {
        nft(cluster_->router(),
            "table inet t { chain f { type filter hook forward priority 0; " + rule + "; }; }");
    }
    TrialReport run(std::vector<NamedPair> pairs) {
        const auto plan =
            support::must(probe::make_plan(cluster_->members(), {.pairs = std::move(pairs)}));
        const auto trials = select_trials(cluster_->members(), plan, {}, TrialExtent::all, 1);
        return support::must(run_trials(cluster_->field(), trials, 1));
    }
    /// "largest_arrives mtu_black_hole IPv4; ...", and what each saw of it.
    static std::string words(const TrialReport& report) {
        std::string text;
        for (const probe::Failure& failure : report.failures)
            text += std::string{to_string(failure.finding.property)} + " " +
                    std::string{to_string(failure.finding.verdict)} + " " +
                    std::string{to_string(failure.lane.family)} + "; ";
        return text;
    }

    std::optional<RoutedCluster> cluster_;
};

TEST_F(TrialTest, FindNothingWrongWithAFlatNetwork) {
    const TrialReport report = run({{"*", "*"}});
    EXPECT_EQ(words(report), "");
    ASSERT_EQ(report.counts.size(), 3U);
    for (const TrialCount& count : report.counts)
        EXPECT_EQ(count.tried, 6U * 5U * 2U);
    EXPECT_EQ(report.packets_sent, 6U * 5U * 2U * 32U);
    EXPECT_EQ(report.packets_lost, 0U);
    ASSERT_TRUE(report.path_mtu_octets);
    EXPECT_EQ(report.path_mtu_octets->least, 1450U);
    EXPECT_EQ(report.path_mtu_octets->greatest, 1500U);  // between the nodes themselves
}

TEST_F(TrialTest, FindANarrowerWayExactWhenARouterSaysSo) {
    probe::shell_in(cluster_->router(), "ip link set n2 mtu 1400");
    const TrialReport report = run({{"p1", "p3"}});
    EXPECT_EQ(words(report), "");
    ASSERT_TRUE(report.path_mtu_octets);
    EXPECT_EQ(report.path_mtu_octets->least, 1400U);
    EXPECT_EQ(report.path_mtu_octets->greatest, 1400U);
}

TEST_F(TrialTest, FindAWayAsWideAsItIsAgainThoughItsSenderRemembersItNarrow) {
    for (const std::uint32_t mtu : {1400U, 1500U}) {
        probe::shell_in(cluster_->router(), "ip link set n2 mtu " + std::to_string(mtu));
        const TrialReport report = run({{"p1", "p3"}});
        EXPECT_EQ(words(report), "");
        ASSERT_TRUE(report.path_mtu_octets);
        EXPECT_EQ(report.path_mtu_octets->least, std::min(mtu, 1450U));
        EXPECT_EQ(report.path_mtu_octets->greatest, std::min(mtu, 1450U));
    }
}

TEST_F(TrialTest, TakeALargerPacketForRefusedThatTheSendersRouteDoesNotLetGo) {
    probe::shell_in(
        cluster_->network("p1"),
        "for family in 4 6; do ip -$family route show | grep via | while read -r route; "
        "do ip -$family route replace $route mtu 1400; done; done");
    on_the_way("meta l4proto udp meta length > 1400 drop");
    const TrialReport report = run({{"p1", "p3"}});
    EXPECT_EQ(words(report), "");
    ASSERT_TRUE(report.path_mtu_octets);
    EXPECT_EQ(report.path_mtu_octets->greatest, 1400U);
}

TEST_F(TrialTest, CallARouterThatDropsLargePacketsInSilenceABlackHole) {
    probe::shell_in(cluster_->router(), "ip link set n2 mtu 1400");
    nft(cluster_->router(),
        "table inet t { chain o { type filter hook output priority 0; "
        "meta l4proto { icmp, ipv6-icmp } drop; }; }");
    const TrialReport report = run({{"p1", "p3"}});
    EXPECT_EQ(words(report),
              "largest_arrives mtu_black_hole IPv4; content_kept mtu_black_hole IPv4; "
              "largest_arrives mtu_black_hole IPv6; content_kept mtu_black_hole IPv6; ");
    ASSERT_FALSE(report.failures.empty());
    EXPECT_EQ(report.failures[0].evidence.trial,
              "1450 octets vanished in 3 tries, and nobody said that they were too many; "
              "1400 octets arrive");
}

TEST_F(TrialTest, CallATransferThatStopsAChecksumFaultWhereLargeDatagramsPass) {
    on_the_way("meta l4proto tcp meta length > 600 drop");
    const TrialReport report = run({{"p1", "p3"}, {"p1", "p2"}});
    EXPECT_EQ(words(report),
              "content_kept checksum_fault IPv4; content_kept checksum_fault IPv6; ");
    ASSERT_FALSE(report.failures.empty());
    EXPECT_EQ(report.failures[0].evidence.trial,
              "it stopped after 0 of 131072 octets, though small packets pass: large segments "
              "vanish");
}

TEST_F(TrialTest, SeeContentThatChangesThoughItsChecksumIsRight) {
    on_the_way("ip protocol tcp meta length > 600 @th,512,16 set 0xffff");
    const TrialReport report = run({{"p1", "p3"}});
    EXPECT_EQ(words(report), "content_kept checksum_fault IPv4; ");
    ASSERT_FALSE(report.failures.empty());
    EXPECT_NE(report.failures[0].evidence.trial.find("was not what had been sent"),
              std::string::npos)
        << report.failures[0].evidence.trial;
}

TEST_F(TrialTest, SeeLossThatSinglePacketsOvercomeByAnotherTry) {
    on_the_way("meta l4proto udp numgen random mod 5 0 drop");
    const TrialReport report = run({{"p1", "p3"}, {"p2", "p4"}});
    for (const probe::Failure& failure : report.failures)
        if (failure.finding.property == probe::Property::none_lost) {
            EXPECT_EQ(failure.finding.verdict, probe::Verdict::loss);
        }
    EXPECT_NE(words(report).find("none_lost loss"), std::string::npos) << words(report);
    EXPECT_GT(report.packets_lost, 0U);
}

// As where another machine's host has no processor for it: what does not come is not the network's.
TEST_F(TrialTest, LayNothingToTheNetworkWhileTheReceiversMachineIsHeldUp) {
    on_the_way("meta l4proto udp drop");
    const Trial stream{TrialKind::stream, IpFamily::ipv4, {cluster_->id("p1"), cluster_->id("p3")}};
    const DoorKey key{stream.pair.to, stream.family};
    const auto host = support::must(TrialHost::open(cluster_->field(), std::array{key}, 1, 1));
    ASSERT_EQ(host->doors().size(), 1U);
    for (const auto& [stall, verdict, asked] :
         {std::tuple{std::chrono::milliseconds{100}, "none_lost loss IPv4; ", 1},
          std::tuple{std::chrono::milliseconds{2000}, "none_lost tester_overloaded IPv4; ", 3}}) {
        std::atomic<int> times = 0;
        TrialOptions options{.doors = {{key, host->doors().front()}}};
        options.held_up = [&, stall = stall](probe::MemberId of, Instant) -> Duration {
            EXPECT_EQ(of, stream.pair.to);
            ++times;
            return stall;
        };
        const TrialReport report =
            support::must(run_trials(cluster_->field(), std::array{stream}, 1, options));
        EXPECT_EQ(words(report), verdict);
        EXPECT_EQ(times, asked) << "it is tried again where it may have been the tester";
    }
}

TEST_F(TrialTest, SayThatAPodIsMissingAndTryTheOthers) {
    cluster_->forget("p3");
    const TrialReport report = run({{"p1", "p3"}, {"p1", "p4"}});
    for (const probe::Failure& failure : report.failures) {
        EXPECT_EQ(failure.finding.verdict, probe::Verdict::pod_missing);
        EXPECT_EQ(failure.pair.to, cluster_->id("p3"));
    }
    EXPECT_EQ(report.failures.size(), 6U);
}

}  // namespace
}  // namespace flatlan::trial
