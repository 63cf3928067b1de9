#include "ipam/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ipam/leak_watch.hpp"

namespace flatlan::ipam {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }
LeaseKey key(std::string_view text) { return LeaseKey::from_text(text).value(); }
NodeIdentity node(std::string_view name, std::uint64_t incarnation = 1) {
    return {NodeName::from(name).value(), Incarnation{incarnation}};
}
Lease lease(std::string_view holder, std::string_view text) {
    Lease made{key(holder), {}, {}};
    made.addresses.set(address(text));
    return made;
}
LiveAddress live(std::string_view text, std::uint64_t netns) {
    return {address(text), NetnsInode{netns}, InterfaceName{"eth0"}};
}

/// Two nodes with a block each, and a pod on the first; nothing is wrong.
struct AuditTest : testing::Test {
    AuditTest() {
        survey.prefixes = {prefix("10.244.0.0/16"), prefix("fd00::/64")};
        survey.registry.emplace();
        for (const auto& [name, block] :
             {std::pair{"n1", "10.244.0.0/26"}, std::pair{"n2", "10.244.0.64/26"}}) {
            survey.nodes.push_back({node(name), {}, {}, {}});
            survey.nodes.back().pool.blocks.push_back({prefix(block), true, {}});
            survey.registry->members.push_back(node(name));
            survey.registry->claims.push_back({prefix(block), node(name), ClaimState::confirmed});
        }
        hold(0, lease("net/a/eth0", "10.244.0.1"));
        survey.nodes[0].live = {live("10.244.0.1", 7), live("192.168.7.7", 7)};
    }

    void hold(std::size_t on, Lease lease, bool kept = true) {
        if (kept) survey.nodes[on].kept.insert(lease.key);
        survey.nodes[on].pool.leases.push_back(std::move(lease));
    }
    /// "word subject" of each finding.
    std::vector<std::string> found() const {
        std::vector<std::string> texts;
        for (const Finding& finding : audit(survey)) {
            EXPECT_FALSE(finding.evidence.empty() || finding.mend.empty());
            texts.push_back(std::string{to_string(finding.kind)} + " " + finding.subject);
        }
        return texts;
    }

    ClusterSurvey survey;
};

TEST_F(AuditTest, FindsNothingWhereNothingIsWrong) { EXPECT_THAT(found(), IsEmpty()); }

TEST_F(AuditTest, FindsAnAddressThatTwoNodesLease) {
    hold(1, lease("net/b/eth0", "10.244.0.1"));
    survey.nodes[1].live = {live("10.244.0.1", 8)};
    EXPECT_THAT(found(), ElementsAre("duplicate_address 10.244.0.1"));
    EXPECT_THAT(audit(survey)[0].evidence, HasSubstr("net/a/eth0 on n1 and net/b/eth0 on n2"));
}

TEST_F(AuditTest, FindsAnAddressThatTwoNamespacesHave) {
    survey.nodes[1].live = {live("10.244.0.1", 8)};
    EXPECT_THAT(found(), ElementsAre("duplicate_address 10.244.0.1"));
    EXPECT_THAT(audit(survey)[0].evidence, HasSubstr("namespace 7 on n1"));
    EXPECT_THAT(audit(survey)[0].evidence, HasSubstr("namespace 8 on n2"));
}

TEST_F(AuditTest, TellsALeakFromAPodWhoseNamespaceIsMissing) {
    hold(0, lease("net/gone/eth0", "10.244.0.2"), false);
    hold(0, lease("net/kept/eth0", "10.244.0.3"));
    EXPECT_THAT(found(),
                ElementsAre("leaked_lease net/gone/eth0", "namespace_missing net/kept/eth0"));
    EXPECT_THAT(leaked_leases(survey.nodes[0]), ElementsAre(lease("net/gone/eth0", "10.244.0.2")));
}

TEST_F(AuditTest, DoesNotMissTheAddressOfANodeThatNobodyLookedAt) {
    hold(0, lease("node:n1", "10.244.0.0"), false);
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(AuditTest, FindsAnAddressThatNobodyLeased) {
    survey.nodes[1].live = {live("10.244.0.70", 8), live("10.244.0.70", 8), live("10.9.0.1", 8)};
    EXPECT_THAT(found(), ElementsAre("unleased_address 10.244.0.70"));
}

TEST_F(AuditTest, DoesNotJudgeTheAddressesOfANodeThatNobodyLookedAt) {
    survey.nodes[0].live.push_back(live("10.244.0.70", 8));
    EXPECT_THAT(found(), ElementsAre("unleased_address 10.244.0.70"));
    survey.nodes.pop_back();  // the block is n2's
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(AuditTest, FindsAnAddressOnAnotherNodeThanItsLease) {
    survey.nodes[1].live = {live("10.244.0.1", 8)};
    survey.nodes[0].live.clear();
    EXPECT_THAT(found(),
                ElementsAre("namespace_missing net/a/eth0", "unleased_address 10.244.0.1"));
    EXPECT_THAT(audit(survey)[1].evidence, HasSubstr("leased to net/a/eth0 on n1"));
}

TEST_F(AuditTest, FindsBlocksThatOverlap) {
    survey.nodes[1].pool.blocks.push_back({prefix("10.244.0.32/27"), false, {}});
    survey.registry->claims.push_back(
        {prefix("10.244.0.32/27"), node("n2"), ClaimState::confirmed});
    EXPECT_THAT(found(), ElementsAre("overlapping_blocks 10.244.0.0/26 10.244.0.32/27"));
}

TEST_F(AuditTest, FindsABlockThatTwoNodesHave) {
    survey.nodes[1].pool.blocks.push_back({prefix("10.244.0.0/26"), true, {}});
    EXPECT_THAT(found(), ElementsAre("overlapping_blocks 10.244.0.0/26 10.244.0.0/26",
                                     "unclaimed_block 10.244.0.0/26"));
}

TEST_F(AuditTest, FindsBlocksOfNodesThatAreGone) {
    survey.registry->claims.push_back({prefix("10.244.1.0/26"), node("n3"), ClaimState::confirmed});
    survey.registry->claims.push_back(
        {prefix("10.244.1.64/26"), node("n1", 9), ClaimState::confirmed});
    EXPECT_THAT(found(),
                ElementsAre("orphaned_block 10.244.1.0/26", "orphaned_block 10.244.1.64/26"))
        << "of another incarnation too";
}

TEST_F(AuditTest, FindsClaimsThatWereNotFinished) {
    survey.registry->claims[0].state = ClaimState::pending;
    survey.registry->claims.push_back({prefix("10.244.1.0/26"), node("n1"), ClaimState::confirmed});
    EXPECT_THAT(found(),
                ElementsAre("orphaned_block 10.244.1.0/26", "unconfirmed_claim 10.244.0.0/26"));
}

TEST_F(AuditTest, SaysNothingOfClaimsWhenTheRegistryWasNotAsked) {
    survey.registry.reset();
    EXPECT_THAT(found(), IsEmpty());
}

TEST(LeakWatch, TakesTwoLooksThatAreFarEnoughApart) {
    LeakWatch watch{10s};
    const std::vector leaked{lease("net/a/eth0", "10.244.0.1")};
    const auto at = [](Duration since) { return Instant{} + since; };
    EXPECT_THAT(watch.observe(at(0s), leaked), IsEmpty());
    EXPECT_THAT(watch.observe(at(9s), leaked), IsEmpty());
    EXPECT_THAT(watch.observe(at(10s), leaked), ElementsAre(leaked[0]));
}

TEST(LeakWatch, BeginsAnewWhenSomebodyWasThereInBetween) {
    LeakWatch watch{10s};
    const std::vector leaked{lease("net/a/eth0", "10.244.0.1")};
    const auto at = [](Duration since) { return Instant{} + since; };
    EXPECT_THAT(watch.observe(at(0s), leaked), IsEmpty());
    EXPECT_THAT(watch.observe(at(5s), {}), IsEmpty());
    EXPECT_THAT(watch.observe(at(12s), leaked), IsEmpty());
    const std::vector another{lease("net/a/eth0", "10.244.0.2")};
    EXPECT_THAT(watch.observe(at(30s), another), IsEmpty()) << "the key has another lease by now";
}

TEST(LeakWatch, NeedsTwoLooksEvenWithoutAGap) {
    LeakWatch watch{0s};
    const std::vector leaked{lease("net/a/eth0", "10.244.0.1")};
    EXPECT_THAT(watch.observe(Instant{}, leaked), IsEmpty());
    EXPECT_THAT(watch.observe(Instant{}, leaked), ElementsAre(leaked[0]));
}

}  // namespace
}  // namespace flatlan::ipam
