#include "overlay/probe/round.hpp"

#include <gtest/gtest.h>

#include <map>

#include "overlay/probe/plan.hpp"
#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::probe {
namespace {

using std::chrono::milliseconds;
constexpr Lane kLane{IpFamily::ipv4, Protocol::udp};
constexpr std::uint32_t kRun = 77;

/// A network in virtual time: carries each probe and each answer after 1 to 5 ms, loses some.
class World {
public:
    struct Weather {
        std::uint64_t lost_of_1000 = 0;
        std::uint64_t doubled_of_1000 = 0;
        bool source_rewritten = false;
        std::optional<RefusalKind> refused{};
    };

    World(std::uint32_t members, std::uint64_t seed, Weather weather,
          RoundLimits limits = RoundLimits())
        : members_{cluster_of(1, members - 1)},
          prng_{seed},
          weather_{weather},
          limits_{limits},
          round_{kLane, make_plan(members_, {}).value().pairs, limits, kRun, prng_} {}

    void run() {
        while (!round_.done()) {
            send();
            advance();
        }
        while (!events_.empty())  // what comes after the end
            advance();
    }
    void send() {
        while (const auto probe = round_.poll_probe(now_)) {
            ++sent_;
            ++under_way_;
            most_under_way_ = std::max(most_under_way_, under_way_);
            carry(*probe);
        }
    }
    void advance() {
        const auto due = round_.poll_timeout();
        ASSERT_TRUE(due || !events_.empty()) << "nothing is waited for and the round is not done";
        now_ = std::max(now_, events_.empty() ? *due
                              : due           ? std::min(*due, events_.begin()->first)
                                              : events_.begin()->first);
        while (!events_.empty() && events_.begin()->first <= now_) {
            const auto event = events_.extract(events_.begin()).mapped();
            event();
        }
        round_.handle_timeout(now_);
        while (round_.poll_closed())
            ++closed_;
    }

    Round& round() { return round_; }
    Instant now() const { return now_; }
    std::size_t sent() const { return sent_; }
    std::size_t closed() const { return closed_; }
    std::size_t most_under_way() const { return most_under_way_; }
    Payload payload_of(const Probe& probe) const {
        return {kRun,        PayloadKind::request,    probe.attempt,        probe.check,
                probe.token, end_of(probe.pair.from), end_of(probe.pair.to)};
    }

    static Sighting answer_to(const Probe& probe, const Payload& payload) {
        return {probe.pair.from, payload.destination, payload.source};
    }

private:
    Endpoint end_of(MemberId member) const {
        return {*members_[member.value()].addresses.ipv4, Port{7}};
    }
    Duration delay() { return std::chrono::microseconds{1000 + prng_.below(4000)}; }

    void carry(const Probe& probe) {
        const Payload payload = payload_of(probe);
        if (weather_.refused) {
            events_.emplace(now_ + delay(), [=, this] {
                --under_way_;
                round_.handle_refusal(now_, payload.check, payload.token,
                                      {*weather_.refused, {}, 0});
            });
            return;
        }
        if (prng_.chance(weather_.lost_of_1000, 1000)) {
            events_.emplace(now_ + limits_.settle, [this] { --under_way_; });
            return;
        }
        const std::size_t copies = prng_.chance(weather_.doubled_of_1000, 1000) ? 2 : 1;
        Endpoint source = payload.source;
        if (weather_.source_rewritten) source.port = Port{1};
        for (std::size_t copy = 0; copy < copies; ++copy) {
            const Instant seen_at = now_ + delay();
            events_.emplace(seen_at, [=, this] {
                round_.handle_request(payload, {probe.pair.to, source, payload.destination});
            });
            events_.emplace(seen_at + delay(), [=, this] {
                if (copy == 0) --under_way_;
                round_.handle_answer(payload, answer_to(probe, payload));
            });
        }
    }

    std::vector<Member> members_;
    Prng prng_;
    Weather weather_;
    RoundLimits limits_;
    Round round_;
    Instant now_;
    std::multimap<Instant, std::function<void()>> events_;
    std::size_t sent_ = 0, closed_ = 0, under_way_ = 0, most_under_way_ = 0;
};

TEST(Round, ProbesEachCheckOnceInAHealthyNetwork) {
    World world{40, 1, {}};
    world.run();
    EXPECT_EQ(world.sent(), 1600U);
    EXPECT_EQ(world.closed(), 1600U);
    EXPECT_TRUE(world.round().take_failures().empty());
    EXPECT_EQ(world.round().tally().checks, 1600U);
    EXPECT_EQ(world.round().tally().retried, 0U);
}

TEST(Round, NeverHasMoreUnderWayThanItsLimit) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        World world{30, seed, {.lost_of_1000 = 200}, {.in_flight_max = 16}};
        world.run();
        EXPECT_LE(world.most_under_way(), 16U) << "seed=" << seed;
    }
}

// Three tries of which each loses a tenth in both directions together leave 1 in 1,000.
TEST(Round, TriesAgainWhatWasLostAndSaysHowOften) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        World world{20, seed, {.lost_of_1000 = 100}};
        world.run();
        EXPECT_LE(world.round().take_failures().size(), 5U) << "seed=" << seed;
        EXPECT_GT(world.round().tally().retried, 10U) << "seed=" << seed;
        EXPECT_EQ(world.sent(), 400U + world.round().tally().retried) << "seed=" << seed;
    }
}

TEST(Round, GivesUpAfterItsTriesAndOnlyThen) {
    World world{4, 1, {.lost_of_1000 = 1000}};
    world.run();
    EXPECT_EQ(world.sent(), 16U * RoundLimits::kTries);
    const auto failures = world.round().take_failures();
    ASSERT_EQ(failures.size(), 16U);
    EXPECT_EQ(failures.front().evidence.tries, RoundLimits::kTries);
    EXPECT_EQ(world.now() - Instant{}, milliseconds{150 + 300 + 600});
}

// What does not answer waits on, but leaves the window at once.
TEST(Round, IsNotHeldUpByTheUnreachable) {
    World world{60, 1, {.lost_of_1000 = 1000}, {.in_flight_max = 100}};
    world.run();
    EXPECT_EQ(world.round().take_failures().size(), 3600U);
    EXPECT_LT(world.now() - Instant{}, milliseconds{2500});
}

TEST(Round, OpensNoMoreChecksThanItsLimit) {
    World world{20, 1, {.lost_of_1000 = 1000}, {.open_max = 10}};
    world.send();
    EXPECT_EQ(world.sent(), 10U);
    world.run();
    EXPECT_EQ(world.round().take_failures().size(), 400U);
}

TEST(Round, FailsARewrittenSourceThoughEveryAnswerCame) {
    World world{4, 1, {.source_rewritten = true}};
    world.run();
    EXPECT_EQ(world.sent(), 16U);
    const auto failures = world.round().take_failures();
    ASSERT_EQ(failures.size(), 16U);
    EXPECT_EQ(failures.front().finding.verdict, Verdict::source_rewritten);
    EXPECT_EQ(failures.front().evidence.sighting->source.port, Port{1});
}

TEST(Round, EndsARefusedCheckWithoutAnotherTry) {
    World world{4, 1, {.refused = RefusalKind::no_route}};
    world.run();
    EXPECT_EQ(world.sent(), 16U);
    EXPECT_EQ(world.round().take_failures().front().finding.verdict, Verdict::no_route);
}

TEST(Round, TriesAgainWhatOnlyTheTesterRefused) {
    World world{4, 1, {.refused = RefusalKind::own_limit}};
    world.run();
    EXPECT_EQ(world.sent(), 16U * RoundLimits::kTries);
    EXPECT_EQ(world.round().take_failures().front().finding.verdict, Verdict::tester_overloaded);
}

TEST(Round, FailsWhatComesTwiceThoughAllElseHolds) {
    World world{20, 1, {.doubled_of_1000 = 500}};
    world.run();
    EXPECT_GT(world.round().tally().duplicates, 100U);
    const auto failures = world.round().take_failures();
    EXPECT_GT(failures.size(), 100U);
    EXPECT_LT(failures.size(), 300U);
    for (const Failure& failure : failures)
        EXPECT_EQ(failure.finding, (Finding{Property::once, Verdict::unknown}));
}

TEST(Round, FailsWhatIsForwardedTooOftenThereOrBack) {
    const auto members = cluster_of(2, 1);  // n1, n2, then p1 on n1 and p2 on n2
    const HopRule rule{members, 0};
    for (const bool back : {false, true}) {
        Prng prng{1};
        Round round{kLane, {{MemberId{2}, MemberId{3}}}, RoundLimits{}, kRun, prng};
        round.expect_hops(&rule);
        const Probe probe = *round.poll_probe({});
        const Endpoint source{*members[2].addresses.ipv4, Port{7}};
        const Endpoint destination{*members[3].addresses.ipv4, Port{7}};
        const Payload payload{kRun,   PayloadKind::request, probe.attempt, probe.check, probe.token,
                              source, destination};
        const std::uint8_t usual = kProbeTtl - 2;
        const std::uint8_t longer = kProbeTtl - 5;
        round.handle_request(payload, {MemberId{3}, source, destination, back ? usual : longer});
        round.handle_answer(payload, {MemberId{2}, destination, source, back ? longer : usual});
        ASSERT_TRUE(round.done());
        const auto failures = round.take_failures();
        ASSERT_EQ(failures.size(), 1U);
        EXPECT_EQ(failures[0].finding, (Finding{Property::hops_as_expected, Verdict::wrong_route}));
        EXPECT_EQ(failures[0].evidence.hops, (HopsSeen{MemberId{back ? 2U : 3U}, longer, usual}));
    }
}

TEST(Round, CountsStraysAndForgeriesAndBelievesNone) {
    World world{2, 1, {}};
    const Probe probe = *world.round().poll_probe({});
    const Payload good = world.payload_of(probe);
    for (const auto& spoil : std::vector<std::function<void(Payload&)>>{
             [](Payload& payload) { ++payload.run; }, [](Payload& payload) { ++payload.token; },
             [](Payload& payload) { payload.check = 4; },
             [](Payload& payload) { payload.attempt = 3; }}) {
        Payload bad = good;
        spoil(bad);
        world.round().handle_request(bad, {probe.pair.to, bad.source, bad.destination});
        world.round().handle_answer(bad, World::answer_to(probe, bad));
    }
    EXPECT_EQ(world.round().tally().strays, 8U);
    EXPECT_FALSE(world.round().poll_closed());
}

TEST(Round, DoesNotCountAnAnswerThatWentToAnother) {
    World world{2, 1, {}};
    const Probe probe = *world.round().poll_probe({});
    const Payload payload = world.payload_of(probe);
    world.round().handle_request(payload, {probe.pair.to, payload.source, payload.destination});
    Sighting answer = World::answer_to(probe, payload);
    answer.at = MemberId{1 - probe.pair.from.value()};
    world.round().handle_answer(payload, answer);
    EXPECT_FALSE(world.round().poll_closed());
    EXPECT_EQ(world.round().tally().strays, 1U);
}

TEST(Round, WaitsForTheReceiversViewAfterTheAnswer) {
    World world{1, 1, {}};
    const Probe probe = *world.round().poll_probe({});
    const Payload payload = world.payload_of(probe);
    world.round().handle_answer(payload, World::answer_to(probe, payload));
    EXPECT_FALSE(world.round().done());
    world.round().handle_request(payload, {probe.pair.to, payload.source, payload.destination});
    EXPECT_TRUE(world.round().done());
}

TEST(Round, EndsTheChecksOfAMemberThatCannotTakePart) {
    World world{4, 1, {}};
    const MemberFault fault{MemberId{2}, Verdict::address_missing};
    world.round().set_faults(std::span{&fault, 1});
    world.run();
    const auto failures = world.round().take_failures();
    EXPECT_EQ(failures.size(), 7U);
    EXPECT_EQ(world.sent(), 9U);
    for (const Failure& failure : failures)
        EXPECT_EQ(failure.finding.verdict, Verdict::address_missing);
}

}  // namespace
}  // namespace flatlan::probe
