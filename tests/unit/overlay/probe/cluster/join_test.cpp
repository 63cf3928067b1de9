#include "overlay/probe/cluster/join.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "overlay/probe/cluster/witness.hpp"
#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::probe {
namespace {

constexpr Lane kLane{IpFamily::ipv4, Protocol::udp};
constexpr std::uint32_t kRun = 0xffff'ffff;  // the second node's is 0

NodeName node(int number) { return NodeName::from("n" + std::to_string(number)).value(); }

/// Two nodes with a pod each: n1, n2, p1 on n1, p2 on n2. One lane.
class ClusterNotesTest : public testing::Test {
protected:
    ClusterNotesTest() {
        plan_ = make_plan(members_, {.families = {kLane.family}, .protocols = {kLane.protocol}})
                    .value();
        for (const int number : {1, 2})
            pairs_.push_back(pairs_sent_by(node(number), members_, plan_, kLane, ready_));
        for (const int number : {1, 2})
            nodes_.push_back(
                {.node = node(number), .summary = {.checks = 8}, .sent = {}, .seen = Notes{}});
        for (const Pair& pair : plan_.pairs)
            if (is_between_nodes(members_, pair))
                nodes_at(pair.to).seen->seen.push_back({kLane, pair});
    }
    NodeNotes& nodes_at(MemberId member) {
        return nodes_[members_[member.value()].node == node(1) ? 0 : 1];
    }
    void forget(const Pair& pair) {
        std::erase(nodes_at(pair.to).seen->seen, Notes::Seen{kLane, pair});
    }
    std::vector<Failure> failures() { return join_notes(members_, plan_, nodes_).failures; }

    std::vector<Member> members_ = cluster_of(2, 1);
    std::set<NodeName> ready_{node(1), node(2)};
    Plan plan_;
    std::vector<std::vector<Pair>> pairs_;
    std::vector<NodeNotes> nodes_;
    const Pair there_{MemberId{2}, MemberId{3}};  // from p1 to p2
};

TEST_F(ClusterNotesTest, FindNothingWhereEachRequestWasSeenAndAnswered) {
    EXPECT_EQ(join_notes(members_, plan_, nodes_).tally.checks, 16U);
    EXPECT_TRUE(failures().empty());
}

TEST_F(ClusterNotesTest, TellARequestThatVanishedFromAnAnswerThatDid) {
    nodes_[0].sent.checks.push_back({there_, kLane, {.seen = true, .tries = 3}});
    ASSERT_EQ(failures().size(), 1U);
    EXPECT_EQ(failures()[0].finding, (Finding{Property::answered, Verdict::unknown}));
    forget(there_);
    ASSERT_EQ(failures().size(), 1U);
    EXPECT_EQ(failures()[0].finding, (Finding{Property::arrives, Verdict::unknown}));
}

TEST_F(ClusterNotesTest, LayWhatStayedAwayFromAMachineThatWasHeldUpToTheTester) {
    nodes_[0].sent.checks.push_back({there_, kLane, {.tries = 3}});
    forget(there_);
    nodes_[1].seen->stalled = std::chrono::milliseconds{300};
    ASSERT_EQ(failures().size(), 1U);
    EXPECT_EQ(failures()[0].finding.verdict, Verdict::unknown) << "that is no reason";
    nodes_[1].seen->stalled = std::chrono::milliseconds{600};
    ASSERT_EQ(failures().size(), 1U);
    EXPECT_EQ(failures()[0].finding.verdict, Verdict::tester_overloaded);
    EXPECT_TRUE(failures()[0].evidence.overloaded);
    // Of a refusal somebody told.
    nodes_[0].sent.checks.back().evidence.refusal = Refusal{.kind = RefusalKind::no_route};
    ASSERT_EQ(failures().size(), 1U);
    EXPECT_EQ(failures()[0].finding.verdict, Verdict::no_route);
}

TEST_F(ClusterNotesTest, SeeARewrittenSourceThoughTheAnswerCameBack) {
    forget(there_);
    Evidence evidence{.source = Endpoint{*members_[2].addresses.ipv4, Port{4000}},
                      .destination = Endpoint{*members_[3].addresses.ipv4, Port{80}}};
    evidence.sighting = Sighting{MemberId{3},
                                 {*members_[0].addresses.ipv4, Port{1024}},
                                 *evidence.destination,
                                 std::nullopt};
    nodes_[1].seen->checks.push_back({there_, kLane, evidence});
    ASSERT_EQ(failures().size(), 1U);
    EXPECT_EQ(failures()[0].pair, there_);
    EXPECT_EQ(failures()[0].finding, (Finding{Property::source_kept, Verdict::source_rewritten}));
}

TEST_F(ClusterNotesTest, TakeAnAnswerToWhatNobodySawForAFailure) {
    forget(there_);
    ASSERT_EQ(failures().size(), 1U);
    EXPECT_EQ(failures()[0].finding.property, Property::arrives);
}

TEST_F(ClusterNotesTest, TrustTheSendersWhereANodeDoesNotSayWhatItSaw) {
    nodes_[1].seen.reset();
    EXPECT_TRUE(failures().empty());
    nodes_[0].sent.checks.push_back({there_, kLane, {.tries = 3}});
    EXPECT_EQ(failures().size(), 1U);
}

TEST_F(ClusterNotesTest, LeaveOutPairsWithANodeThatDidNotSend) {
    nodes_[0].sent.checks.push_back({there_, kLane, {.tries = 3}});
    nodes_.pop_back();
    EXPECT_TRUE(failures().empty());
}

TEST_F(ClusterNotesTest, KeepWhatANodeSawOfItsOwnPairs) {
    const Pair at_home{MemberId{0}, MemberId{2}};
    nodes_[0].sent.checks.push_back({at_home, kLane, {.tries = 3}});
    ASSERT_EQ(failures().size(), 1U);
    EXPECT_EQ(failures()[0].pair, at_home);
}

class WitnessTest : public ClusterNotesTest {
protected:
    /// A request of the second node's first check that comes in on the first node as it was sent.
    Payload payload() const {
        return {.run = kRun + 1,
                .check = check_,
                .token = 1,
                .source = {*members_[pair().from.value()].addresses.ipv4, Port{4000}},
                .destination = {*members_[pair().to.value()].addresses.ipv4, Port{80}}};
    }
    Sighting sighting(std::uint8_t ttl) const {
        return {pair().to, payload().source, payload().destination, ttl};
    }
    const Pair& pair() const { return pairs_[1][check_]; }

    HopRule hops_{members_, 0};
    Witness witness_{kLane, kRun, pairs_, &hops_};
    std::uint32_t check_ = [this] {
        const auto back = std::ranges::find(pairs_[1], Pair{MemberId{3}, MemberId{2}});
        return static_cast<std::uint32_t>(back - pairs_[1].begin());
    }();
};

TEST_F(WitnessTest, NotesWhatCameAsItWasSent) {
    EXPECT_TRUE(witness_.handle_request(payload(), sighting(62)));
    EXPECT_EQ(witness_.seen(), std::vector<Pair>{pair()});
    EXPECT_TRUE(witness_.oddities().empty());
}

TEST_F(WitnessTest, NotesAnotherSourceOneHopTooManyAndASecondCopy) {
    Sighting other = sighting(62);
    other.source.port = Port{9};
    EXPECT_TRUE(witness_.handle_request(payload(), other));
    EXPECT_TRUE(witness_.seen().empty());
    witness_.handle_request(payload(), sighting(61));
    witness_.handle_request(payload(), sighting(61));
    ASSERT_EQ(witness_.oddities().size(), 1U);
    const Evidence evidence = witness_.oddities()[0].evidence;
    EXPECT_EQ(evidence.sighting, other);
    EXPECT_EQ(evidence.hops, (HopsSeen{pair().to, 61, 62}));
    EXPECT_EQ(evidence.twice, pair().to);
}

TEST_F(WitnessTest, TakesNothingOfAnotherTest) {
    Payload strange = payload();
    strange.run = kRun - 1;
    EXPECT_FALSE(witness_.handle_request(strange, sighting(62)));
    strange = payload();
    strange.check = 1000;
    EXPECT_FALSE(witness_.handle_request(strange, sighting(62)));
    strange = payload();
    strange.attempt = RoundLimits::kTries;
    EXPECT_FALSE(witness_.handle_request(strange, sighting(62)));
    EXPECT_TRUE(witness_.seen().empty());
}

}  // namespace
}  // namespace flatlan::probe
