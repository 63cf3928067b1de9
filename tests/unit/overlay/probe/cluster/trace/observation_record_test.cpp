#include "overlay/probe/cluster/trace/observation_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/overlay/probe/cluster/trace/record_checks.hpp"
#include "tests/unit/overlay/probe/trace/fake_network.hpp"

namespace flatlan::trace {
namespace {

using Network = FakeNetwork;

class SeenTest : public testing::Test {
protected:
    Sighting& sight(Observation& seen, PlaceId place, PacketKind kind) {
        SeenPacket packet{.kind = kind,
                          .source = {ip("10.244.0.1"), Port{40000}},
                          .destination = {ip("10.244.0.66"), Port{80}},
                          .ttl = 62,
                          .size_bytes = 1450,
                          .number = 255,
                          .checksum = 65535};
        seen.sightings.push_back({place, "eth0", true, packet});
        return seen.sightings.back();
    }
    Network network;
};

TEST_F(SeenTest, IsToldWhole) {
    Observation seen;
    Sighting& sighting = sight(seen, Network::kNode1, PacketKind::answer);
    sighting.astray = true;
    sighting.packet.outer = true;
    sighting.packet.outer_source = Endpoint{ip("172.31.0.1"), Port{50000}};
    sighting.packet.outer_destination = Endpoint{ip("172.31.0.2"), Port{4789}};
    sighting.packet.tcp_sequence = 4'294'967'295;
    sighting.packet.tcp_reset = true;
    sight(seen, Network::kPod1, PacketKind::error);
    seen.rules.push_back({.place = Network::kNode2,
                          .chain = "inet filter input",
                          .rule = "udp dport 4789 drop",
                          .mend = "",
                          .effect = RuleEffect::drops,
                          .outer = true});
    seen.counters.push_back({Network::kNode2, "eth0 rx_dropped", 8});
    seen.small = {.sent = 8, .arrived = 7, .answered = 6, .size_bytes = 0};
    seen.told_too_big = seen.refused = true;
    seen.captures_lost = 3;
    seen.own_listener = false;
    seen.stalls = {{Network::kNode2, std::chrono::milliseconds{1500}}};
    seen.unwatched = {{Network::kNode2, "rules were not watched: another program has the log"}};
    const auto read = [&](const std::string& text) {
        return observation_from_record(text, network.atlas);
    };
    const std::string record = to_record(seen, network.atlas);
    expect_round_trip(record, read,
                      [&](const Observation& again) { return to_record(again, network.atlas); });
    EXPECT_FALSE(read(record).value().own_listener);
    EXPECT_EQ(read(record).value().stalls.front().longest, std::chrono::milliseconds{1500});
    EXPECT_EQ(read(record).value().rules.front().rule, "udp dport 4789 drop");
    expect_robust(record, read);
}

TEST_F(SeenTest, IsCutToWhatARecordHolds) {
    Observation seen;
    for (std::size_t i = 0; i < kSeenMax + 5; ++i)
        sight(seen, Network::kNode1, PacketKind::request);
    seen.rules.push_back({.place = Network::kNode2,
                          .chain = "a\tb\nc",
                          .rule = std::string(kRuleMaxBytes + 1, 'r'),
                          .mend = {}});
    const auto again = observation_from_record(to_record(seen, network.atlas), network.atlas);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again.value().sightings.size(), kSeenMax);
    EXPECT_EQ(again.value().captures_lost, 5U);
    EXPECT_EQ(again.value().rules.front().chain, "a b c");
    EXPECT_THAT(again.value().rules.front().rule, testing::EndsWith("r..."));
}

TEST_F(SeenTest, OfBothEndsStandsInTheOrderOfTheWay) {
    Observation near;
    sight(near, Network::kPod1, PacketKind::request);
    sight(near, Network::kNode1, PacketKind::answer);
    sight(near, Network::kNode1, PacketKind::request);
    near.small = {.sent = 8, .arrived = 0, .answered = 8};
    Observation far;
    sight(far, Network::kNode2, PacketKind::request);
    sight(far, Network::kPod4, PacketKind::answer);
    far.small = {.sent = 0, .arrived = 8, .answered = 0};
    far.counters.push_back({Network::kNode2, "UdpInErrors", 1});
    far.stalls = {{Network::kNode2, kStallMin}};
    far.unwatched = {{Network::kNode2, "why"}};
    const Observation both = join_observations(near, far);
    std::vector<PlaceId> places;
    for (const Sighting& sighting : both.sightings)
        places.push_back(sighting.place);
    EXPECT_EQ(places, (std::vector<PlaceId>{Network::kPod1, Network::kNode1, Network::kNode2,
                                            Network::kPod4, Network::kNode1}));
    EXPECT_FALSE(both.small.failed());
    EXPECT_EQ(both.small.arrived, 8U);
    EXPECT_EQ(both.counters.size(), 1U);
    EXPECT_EQ(both.stalls.size(), 1U);
    EXPECT_EQ(both.unwatched.size(), 1U);
}

// The machine of a service takes packets that it sees for answered, since UDP owes no answer.
TEST_F(SeenTest, OfAServiceIsWhatTheSenderWasTold) {
    Observation near;
    near.own_listener = false;
    near.small = {.sent = 8};
    Observation far;
    far.own_listener = false;
    far.small = {.arrived = 8, .answered = 8};
    EXPECT_FALSE(join_observations(near, far).small.failed());
    near.refused = true;
    EXPECT_TRUE(join_observations(near, far).small.failed());
}

}  // namespace
}  // namespace flatlan::trace
