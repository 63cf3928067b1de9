#include "overlay/probe/cluster/trial_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/base/prng.hpp"
#include "overlay/probe/cluster/cluster_plan.hpp"
#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::probe {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using trial::Door;
using trial::Trial;
using trial::TrialKind;

constexpr std::size_t kMembers = 5;
const std::vector<Member> kCluster = cluster_of(1, kMembers - 1);
constexpr Pair kPair{MemberId{4}, MemberId{0}};

Failure failure_of(std::string words) {
    Failure failure{kPair, {IpFamily::ipv6, Protocol::tcp}, {}, {}};
    failure.finding = {Property::content_kept, Verdict::mtu_black_hole};
    failure.evidence.trial = std::move(words);
    return failure;
}

trial::TrialReport report_with(std::vector<Failure> failures) {
    return {.counts = {{TrialKind::path_mtu, 7, 0}, {TrialKind::transfer, 9, failures.size()}},
            .failures = std::move(failures),
            .path_mtu_octets = trial::Span{1400, 1450},
            .packets_sent = 64,
            .packets_lost = 3,
            .run_delay = {5us, 70us, 30us, 140us}};
}

TEST(TrialRecords, ComeBackAsTheyWere) {
    TrialCall call{~std::uint64_t{0}, {}};
    for (const TrialKind kind : trial::kTrialKinds)
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            call.trials.push_back({kind, family, kPair});
    EXPECT_EQ(trial_call_from_record(to_record(call), kCluster).value(), call);
    EXPECT_FALSE(trial_call_from_record(to_record(call), cluster_of(1, 3)));

    const std::vector<Door> doors{{MemberId{0}, IpFamily::ipv4, Port{1}, Port{65'535}},
                                  {MemberId{4}, IpFamily::ipv6, Port{4000}, Port{2}}};
    EXPECT_EQ(doors_from_record(to_record(doors), kMembers).value(), doors);
    EXPECT_FALSE(doors_from_record(to_record(doors), 4));
}

TEST(TrialRecords, LetNobodyCallForMoreThanThereMayBe) {
    TrialCall call{1, std::vector<Trial>(kClusterTrialsMax, {TrialKind::stream, {}, kPair})};
    for (Trial& trial : call.trials)
        trial.family = IpFamily::ipv4;
    EXPECT_LE(to_record(call).size(), kNotePageMaxBytes);
    EXPECT_TRUE(trial_call_from_record(to_record(call), kCluster));
    call.trials.push_back(call.trials.front());
    const auto refused = trial_call_from_record(to_record(call), kCluster);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("may be 1536 times"));
}

TEST(TrialRecords, BringAReportBackFromPagesOfAnySize) {
    const auto report = report_with({failure_of("1450 octets vanished\nin 3 tries"),
                                     failure_of(std::string(5000, 'x')), failure_of("")});
    for (const std::size_t size : {600UL, kNotePageMaxBytes}) {
        trial::TrialReport read;
        for (const std::string& page : to_pages(report, size)) {
            EXPECT_LE(page.size(), size);
            ASSERT_TRUE(add_page(page, kMembers, read)) << page;
        }
        ASSERT_EQ(read.counts.size(), 2U);
        EXPECT_EQ(read.counts[0].tried, 7U);
        EXPECT_EQ(read.counts[1].failed, 3U);
        EXPECT_EQ(read.path_mtu_octets->least, 1400U);
        EXPECT_EQ(read.path_mtu_octets->greatest, 1450U);
        EXPECT_EQ(read.packets_sent, 64U);
        EXPECT_EQ(read.packets_lost, 3U);
        EXPECT_EQ(read.run_delay.waited, 5us);
        EXPECT_EQ(read.run_delay.of, 70us);
        EXPECT_EQ(read.run_delay.others, 30us);
        EXPECT_EQ(read.run_delay.processors, 140us);
        ASSERT_EQ(read.failures.size(), 3U);
        EXPECT_EQ(read.failures[0].pair, kPair);
        EXPECT_EQ(read.failures[0].finding, report.failures[0].finding);
        EXPECT_EQ(read.failures[0].evidence.trial, "1450 octets vanished in 3 tries");
        EXPECT_EQ(read.failures[1].evidence.trial.size(), 300U);
    }
}

TEST(TrialRecords, OfSeveralNodesAddUp) {
    trial::TrialReport sum;
    for (int node = 0; node < 2; ++node)
        for (const std::string& page : to_pages(report_with({failure_of("lost")})))
            ASSERT_TRUE(add_page(page, kMembers, sum));
    ASSERT_EQ(sum.counts.size(), 2U);
    EXPECT_EQ(sum.counts[0].tried, 14U);
    EXPECT_EQ(sum.packets_lost, 6U);
    EXPECT_EQ(sum.failures.size(), 2U);
}

TEST(TrialRecords, AreRefusedInOtherWords) {
    const auto call = [](const std::string& field) {
        return trial_call_from_record("flatlan probe-trials 1\nseed 1\n" + field + "\n", kCluster);
    };
    ASSERT_TRUE(call("trial stream 4 0 1"));
    for (const std::string field :
         {"trial", "trial stream 4 0", "trial stream 4 0 5", "trial stream 5 0 1",
          "trial walk 4 0 1", "trial stream 4 0 -1", "trial stream 4 0 1 1", "seed 1"})
        EXPECT_FALSE(call(field)) << field;
    for (const std::string field :
         {"door 0 4 1", "door 0 4 1 65536", "door 5 4 1 1", "door 0 7 1 1"})
        EXPECT_FALSE(doors_from_record("flatlan probe-doors 1\n" + field + "\n", kMembers))
            << field;
    trial::TrialReport report;
    for (const std::string field :
         {"count", "count stream 1", "count stream 1 x", "count stream 1 4294967296", "mtu 1",
          "stream 1 2 3", "failed 4 udp 0 1 arrives loss no", "failed 4 udp 0 5 arrives loss no x",
          "failed 4 udp 0 1 flies loss no x", "failed 4 udp 0 1 arrives bad no x"})
        EXPECT_FALSE(add_page("flatlan probe-tried 1\n" + field + "\n", kMembers, report)) << field;
}

TEST(TrialRecords, CallForNothingThatAMemberHasNoAddressFor) {
    auto members = kCluster;
    for (Member& member : members)
        member.addresses.ipv6.reset();
    members[2].addresses.ipv4.reset();
    const auto refusal_of = [&](const std::string& field) {
        const auto read = trial_call_from_record(
            "flatlan probe-trials 1\nseed 1\ntrial " + field + "\n", members);
        return read ? std::string{} : read.error().text();
    };
    EXPECT_EQ(refusal_of("stream 4 0 1"), "");
    EXPECT_THAT(refusal_of("stream 6 0 1"), HasSubstr("no address of IPv6"));
    EXPECT_THAT(refusal_of("transfer 4 0 2"), HasSubstr("no address of IPv4"));
    EXPECT_THAT(refusal_of("path_mtu 4 2 0"), HasSubstr("no address of IPv4"));
}

// What another machine wrote is read or refused, wherever it is cut and whatever is changed in it.
TEST(TrialRecords, AreReadOrRefusedHoweverTheyAreDamaged) {
    const std::string page = to_pages(report_with({failure_of("lost")})).front();
    Prng prng{7};
    for (std::size_t cut = 0; cut <= page.size(); ++cut) {
        trial::TrialReport report;
        static_cast<void>(add_page(page.substr(0, cut), kMembers, report));
        std::string changed = page;
        changed[prng.below(changed.size())] = static_cast<char>(prng.below(256));
        static_cast<void>(add_page(changed, kMembers, report));
        for (const Failure& failure : report.failures)
            EXPECT_LT(failure.pair.from.value(), kMembers);
    }
}

TEST(ClusterPlan, IsRefusedBeforeItGrows) {
    const auto members = cluster_of(20, 20);
    const auto refusal_of = [&](const PlanRequest& request) {
        const auto plan = make_cluster_plan(members, request);
        return plan ? std::string{} : plan.error().text();
    };
    EXPECT_EQ(refusal_of({.sample = 10'000}), "");
    EXPECT_THAT(refusal_of({}), HasSubstr("1058400 checks are too many"));
    const std::vector<NamedPair> everything(2, NamedPair{"*", "*"});
    EXPECT_THAT(refusal_of({.pairs = everything, .sample = 1}),
                HasSubstr("352800 named pairs are too many"));
    // 420 members make 176,400 pairs, 21 nodes more would make 194,481 of them.
    const auto many = cluster_of(30, 14);
    const PlanRequest pods{
        .families = {IpFamily::ipv4}, .protocols = {Protocol::udp}, .with_nodes = false};
    EXPECT_TRUE(make_cluster_plan(many, pods));
    EXPECT_THAT(make_cluster_plan(many, {}).error().text(), HasSubstr("202500 pairs are too many"));
    EXPECT_THAT(refusal_of({.pairs = {{"nobody", "*"}}}), HasSubstr("nobody"));
}

}  // namespace
}  // namespace flatlan::probe
