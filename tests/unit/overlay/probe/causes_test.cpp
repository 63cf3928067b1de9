#include "overlay/probe/causes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "overlay/base/prng.hpp"
#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::probe {
namespace {

/// A cluster of three nodes with four pods each, and failures that a test lets happen.
class Causes : public testing::Test {
protected:
    using Fault = std::function<std::optional<Failure>(const Pair&, const Lane&)>;

    std::vector<Cause> find(const Fault& fault) {
        failures_.clear();
        for (const Pair& pair : plan_.pairs)
            for (const Lane& lane : plan_.lanes)
                if (can_try(members_, pair, lane))
                    if (auto failure = fault(pair, lane)) failures_.push_back(*failure);
        std::ranges::stable_sort(failures_, {}, &Failure::pair);
        auto causes = find_causes(members_, plan_, failures_);
        std::size_t checks = 0;
        for (const Cause& cause : causes)
            checks += cause.checks;
        EXPECT_EQ(checks, failures_.size()) << "each failure belongs to one cause";
        return causes;
    }
    static Failure failure(const Pair& pair, const Lane& lane, Verdict verdict = Verdict::unknown) {
        return {pair, lane, {Property::arrives, verdict}, {.tries = 3}};
    }
    const std::string& node(MemberId member) const { return members_[member.value()].node->text(); }
    const std::string& name(MemberId member) const { return members_[member.value()].name; }

    std::vector<Member> members_ = cluster_of(3, 4);
    Plan plan_ = make_plan(members_, {}).value();
    std::vector<Failure> failures_;
};

std::vector<std::string> scopes(const std::vector<Cause>& causes) {
    std::vector<std::string> words;
    for (const Cause& cause : causes)
        words.push_back(std::string{to_string(cause.verdict)} + ": " + cause.scope);
    return words;
}
using Words = std::vector<std::string>;

TEST_F(Causes, OfNothingAreNone) {
    EXPECT_TRUE(find([](const Pair&, const Lane&) { return std::nullopt; }).empty());
}

TEST_F(Causes, OfEverythingIsOne) {
    EXPECT_EQ(scopes(find([](const Pair& pair, const Lane& lane) {
                  return failure(pair, lane, Verdict::filtered);
              })),
              Words{"filtered: all 225 pairs"});
}

TEST_F(Causes, OfANodeThatIsCutOffIsOne) {
    const auto causes = find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
        const bool cut = (node(pair.from) == "n3") != (node(pair.to) == "n3");
        return cut ? std::optional{failure(pair, lane)} : std::nullopt;
    });
    EXPECT_EQ(scopes(causes), Words{"unknown: all 100 pairs between n3 and other nodes"});
    EXPECT_EQ(causes[0].pairs, 100U);
    EXPECT_EQ(causes[0].checks, 600U);
    EXPECT_EQ(causes[0].evidence,
              "node/n1 to node/n3, TCP over IPv4: no answer in 3 tries, and node/n3 saw none of "
              "them");
}

TEST_F(Causes, KnowOneDirectionFromBoth) {
    EXPECT_EQ(scopes(find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
                  const bool cut = node(pair.from) != "n3" && node(pair.to) == "n3";
                  return cut ? std::optional{failure(pair, lane)} : std::nullopt;
              })),
              Words{"unknown: all 50 pairs to n3 from other nodes"});
    EXPECT_EQ(scopes(find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
                  const bool cut = node(pair.from) == "n1" && node(pair.to) == "n3";
                  return cut ? std::optional{failure(pair, lane)} : std::nullopt;
              })),
              Words{"unknown: all 25 pairs from n1 to n3"});
}

TEST_F(Causes, NameOnePodAndLeaveOutWhatItReachesItself) {
    EXPECT_EQ(scopes(find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
                  const bool cut =
                      (name(pair.from) == "default/p5") != (name(pair.to) == "default/p5");
                  return cut ? std::optional{failure(pair, lane)} : std::nullopt;
              })),
              Words{"unknown: all 28 pairs between default/p5 and others"});
    EXPECT_EQ(scopes(find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
                  return pair.from == pair.to
                             ? std::optional{failure(pair, lane, Verdict::hairpin_failed)}
                             : std::nullopt;
              })),
              Words{"hairpin_failed: all 15 pairs of one to itself"});
}

TEST_F(Causes, SayWhichLanesFail) {
    const auto on = [&](const std::function<bool(const Lane&)>& fails) {
        return scopes(find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
            return fails(lane) ? std::optional{failure(pair, lane)} : std::nullopt;
        }));
    };
    EXPECT_EQ(on([](const Lane& lane) { return lane.family == IpFamily::ipv6; }),
              Words{"unknown: all 225 pairs, IPv6"});
    EXPECT_EQ(on([](const Lane& lane) { return lane.protocol == Protocol::tcp; }),
              Words{"unknown: all 225 pairs, TCP"});
    EXPECT_EQ(on([](const Lane& lane) {
                  return lane == Lane{IpFamily::ipv4, Protocol::udp};
              }),
              Words{"unknown: all 225 pairs, UDP over IPv4"});
    EXPECT_EQ(on([](const Lane& lane) { return lane.protocol != Protocol::udp; }),
              Words{"unknown: all 225 pairs, ICMP and TCP"});
}

TEST_F(Causes, KeepTwoFaultsApart) {
    const auto causes = find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
        if (node(pair.to) == "n2" && node(pair.from) == "n1" && lane.family == IpFamily::ipv4)
            return failure(pair, lane, Verdict::source_rewritten);
        if (name(pair.to) == "default/p12") return failure(pair, lane, Verdict::filtered);
        return std::nullopt;
    });
    EXPECT_EQ(scopes(causes), (Words{"filtered: all 15 pairs to default/p12",
                                     "source_rewritten: all 25 pairs from n1 to n2, IPv4"}));
}

// A router answers some of the packets with "no route" and lets the others vanish: one cause.
TEST_F(Causes, LetSilenceJoinWhatSomebodySaid) {
    Prng prng{7};
    const auto causes = find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
        if (node(pair.from) != "n1" || node(pair.to) != "n3") return std::nullopt;
        if (prng.below(4) != 0) return failure(pair, lane);
        Failure told = failure(pair, lane, Verdict::no_route);
        told.evidence.refusal =
            Refusal{.kind = RefusalKind::no_route, .reporter = Ipv4Address{0xac1f'0001}};
        return told;
    });
    EXPECT_EQ(scopes(causes), Words{"no_route: all 25 pairs from n1 to n3"});
    EXPECT_EQ(causes[0].hop, "172.31.0.1");
}

// Two pods drop what comes in. That some of the first one's pairs are told of the second's fault
// says nothing of the others.
TEST_F(Causes, LetNoSilenceJoinWhatWasSaidOfAnotherPlace) {
    const auto is = [&](const Pair& pair, const char* pod) {
        return name(pair.from) == pod || name(pair.to) == pod;
    };
    const auto causes = find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
        if (!is(pair, "default/p1")) return std::nullopt;
        return failure(pair, lane, is(pair, "default/p12") ? Verdict::filtered : Verdict::unknown);
    });
    for (const Cause& cause : causes)
        EXPECT_TRUE(cause.verdict == Verdict::unknown || cause.pairs == 1) << cause.scope;
    EXPECT_EQ(std::ranges::count(causes, Verdict::filtered, &Cause::verdict), 2);
}

TEST_F(Causes, OfEverySendersOwnKernelAreOne) {
    const auto causes = find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
        if (node(pair.to) != "n3" || node(pair.from) == "n3") return std::nullopt;
        Failure told = failure(pair, lane, Verdict::no_route);
        told.evidence.refusal = Refusal{.kind = RefusalKind::no_route, .errno_value = 101};
        return told;
    });
    EXPECT_EQ(scopes(causes), Words{"no_route: all 50 pairs to n3 from other nodes"});
    EXPECT_EQ(causes[0].hop, "");
    EXPECT_NE(causes[0].evidence.find("the kernel in node/n1 says: Network is unreachable"),
              std::string::npos)
        << causes[0].evidence;
}

TEST_F(Causes, TellFewPairsOneByOneAndManyTogether) {
    const auto failing = [&](std::size_t count) {
        std::size_t left = count;
        return scopes(find([&](const Pair& pair, const Lane&) -> std::optional<Failure> {
            // A diagonal of pairs that share neither sender nor receiver.
            const bool chosen = pair.from.value() + 1 == pair.to.value() && left > 0;
            static constexpr Lane kOnly{IpFamily::ipv4, Protocol::icmp};
            if (!chosen) return std::nullopt;
            --left;
            return failure(pair, kOnly);
        }));
    };
    plan_.lanes = {{IpFamily::ipv4, Protocol::icmp}};
    EXPECT_EQ(failing(2), (Words{"unknown: node/n1 to node/n2", "unknown: node/n2 to node/n3"}));
    EXPECT_EQ(failing(5), Words{"unknown: 5 pairs, such as node/n1 to node/n2"});
}

TEST_F(Causes, WorkWithoutNodes) {
    for (Member& member : members_)
        member.node.reset();
    EXPECT_EQ(scopes(find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
                  return pair.to == MemberId{4} && pair.from != pair.to
                             ? std::optional{failure(pair, lane)}
                             : std::nullopt;
              })),
              Words{"unknown: all 14 pairs to default/p2 from others"});
}

// Random failures: whatever they are, nothing is lost and nothing is told twice.
TEST_F(Causes, TellEachFailureOnceWhateverFails) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        const std::uint64_t share = 1 + prng.below(100);
        constexpr std::array kVerdicts{Verdict::unknown, Verdict::filtered, Verdict::no_route};
        find([&](const Pair& pair, const Lane& lane) -> std::optional<Failure> {
            if (!prng.chance(share, 100)) return std::nullopt;
            return failure(pair, lane, kVerdicts[prng.below(kVerdicts.size())]);
        });
    }
}

// Of two faults the first on the way explains a pair, so neither alone is all pairs of something.
TEST_F(Causes, OfWhatIsExplainedAreAsManyAsThereAreFaults) {
    const Explanation lost_route{Verdict::no_route, "node/n3", "no route", "ip route replace"};
    const Explanation rule{Verdict::filtered, "default/p1", "a rule", "nft delete rule"};
    std::vector<Failure> failures;
    std::vector<const Explanation*> explanations;
    for (const Pair& pair : plan_.pairs)
        for (const Lane& lane : plan_.lanes) {
            const bool from_p1 = name(pair.from) == "default/p1" && lane.protocol != Protocol::tcp;
            const bool to_n3 = node(pair.to) == "n3" && lane.family == IpFamily::ipv4;
            if (!from_p1 && !to_n3) continue;
            failures.push_back(failure(pair, lane));
            explanations.push_back(from_p1 ? &rule : &lost_route);
        }
    const auto causes = find_causes(members_, plan_, failures, explanations);
    ASSERT_EQ(causes.size(), 2U);
    EXPECT_EQ(causes[0].verdict, Verdict::no_route);
    EXPECT_EQ(causes[0].hop, "node/n3");
    EXPECT_EQ(causes[0].pairs, 75U);
    EXPECT_EQ(causes[0].checks, 75U * 3 - 5 * 2);
    EXPECT_EQ(causes[0].mend, "ip route replace");
    EXPECT_EQ(causes[1].verdict, Verdict::filtered);
    EXPECT_EQ(causes[1].hop, "default/p1");
    EXPECT_EQ(causes[1].pairs, 15U);
    EXPECT_EQ(causes[1].checks, 15U * 4);
}

}  // namespace
}  // namespace flatlan::probe
