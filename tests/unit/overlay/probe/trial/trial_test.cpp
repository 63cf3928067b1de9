#include "overlay/probe/trial/trial.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "overlay/probe/trial/report.hpp"
#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::trial {
namespace {

using probe::Failure;
using probe::MemberId;
using probe::Pair;
using probe::Property;
using probe::Verdict;

std::set<Pair> pairs_of(const std::vector<Trial>& trials) {
    std::set<Pair> pairs;
    for (const Trial& trial : trials)
        pairs.insert(trial.pair);
    return pairs;
}

TEST(SelectTrials, PassesEveryWayBetweenNodesAndEveryLinkBothWays) {
    const auto members = probe::cluster_of(4, 5);
    const auto plan = probe::make_plan(members, {}).value();
    const auto trials = select_trials(members, plan, {}, TrialExtent::covering, 1);
    std::set<std::pair<std::string, std::string>> ways;
    std::set<MemberId> senders, receivers;
    for (const Pair& pair : pairs_of(trials)) {
        ways.insert(
            {members[pair.from.value()].node->text(), members[pair.to.value()].node->text()});
        senders.insert(pair.from);
        receivers.insert(pair.to);
        EXPECT_NE(pair.from, pair.to);
    }
    EXPECT_EQ(ways.size(), 16U);
    EXPECT_EQ(senders.size(), members.size());
    EXPECT_EQ(receivers.size(), members.size());
    EXPECT_EQ(trials.size(), pairs_of(trials).size() * 3 * 2);
    EXPECT_LT(pairs_of(trials).size(), 16U + 24U);
}

TEST(SelectTrials, DrawsOfTooManyWaysTheSameOnesForTheSameSeed) {
    const auto members = probe::cluster_of(40, 1);
    const auto plan = probe::make_plan(members, {}).value();
    const auto drawn = select_trials(members, plan, {}, TrialExtent::covering, 7);
    EXPECT_EQ(pairs_of(drawn).size(), kCoveringMax);
    EXPECT_EQ(drawn, select_trials(members, plan, {}, TrialExtent::covering, 7));
    EXPECT_NE(drawn, select_trials(members, plan, {}, TrialExtent::covering, 8));
}

TEST(SelectTrials, TriesAllPairsOrNoneWhenAsked) {
    const auto members = probe::cluster_of(2, 2);
    const auto plan = probe::make_plan(members, {}).value();
    EXPECT_EQ(select_trials(members, plan, {}, TrialExtent::all, 1).size(), 6U * 5U * 3U * 2U);
    EXPECT_TRUE(select_trials(members, plan, {}, TrialExtent::none, 1).empty());
}

TEST(SelectTrials, LeavesOutWhatFailsAlreadyAndProtocolsThatAreNotPlanned) {
    const auto members = probe::cluster_of(1, 2);
    const auto plan = probe::make_plan(members, {.protocols = {probe::Protocol::tcp}}).value();
    const Failure failure{{MemberId{1}, MemberId{2}},
                          {IpFamily::ipv6, probe::Protocol::tcp},
                          {Property::arrives, Verdict::unknown},
                          {}};
    const auto trials = select_trials(members, plan, std::span{&failure, 1}, TrialExtent::all, 1);
    EXPECT_EQ(trials.size(), 6U * 2U - 1U);
    for (const Trial& trial : trials)
        EXPECT_EQ(trial.kind, TrialKind::transfer);
}

TEST(BlamePathMtu, ExplainsATransferThatStopsByLargePacketsThatVanish) {
    const auto failure = [](std::uint32_t from, Property property, Verdict verdict) {
        return Failure{{MemberId{from}, MemberId{9}},
                       {IpFamily::ipv4, probe::Protocol::tcp},
                       {property, verdict},
                       {}};
    };
    std::vector<Failure> failures{
        failure(1, Property::largest_arrives, Verdict::mtu_black_hole),
        failure(1, Property::content_kept, Verdict::checksum_fault),
        failure(2, Property::content_kept, Verdict::checksum_fault),
    };
    blame_path_mtu(failures);
    EXPECT_EQ(failures[1].finding.verdict, Verdict::mtu_black_hole);
    EXPECT_EQ(failures[2].finding.verdict, Verdict::checksum_fault);
}

}  // namespace
}  // namespace flatlan::trial
